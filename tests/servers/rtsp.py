"""The real RTSP server that `maskwatch bench` makes its cameras with serves the tests too."""

from maskwatch.bench.rtsp import Mount, RtspServer

__all__ = ["Mount", "RtspServer"]
