"""The demo camera: a clip made at the first start, so that everything shows before any real camera is there."""

from maskwatch.demo.clip import make_demo_clip

__all__ = ["make_demo_clip"]
