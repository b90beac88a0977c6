"""Draws the demo's pictures and encodes them as H.264 without B-frames, which browsers are shown as it is."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

from maskwatch.core.types import Image
from maskwatch.demo.masks import BLUE, WHITE, wear_mask
from maskwatch.demo.portraits import Portrait, load_portraits
from maskwatch.demo.room import draw_room
from maskwatch.demo.script import LOOP_S, Pose, collins_at, hopper_at
from maskwatch.errors import StoreError

CLIP_VERSION = 1
"""Goes up whenever the clip would look different, so that old ones are not taken for it."""
WIDTH, HEIGHT, FPS = 1280, 720, 15
_KEYFRAME_S = 1
_CODEC_OPTIONS = {"bf": "0", "preset": "veryfast", "crf": "21", "tune": "film"}
_MASK_STEPS = 8

Progress = Callable[[float], None]


def make_demo_clip(folder: Path, progress: Progress) -> Path:
    """The demo's clip in `folder`; made if it is not there yet. `progress` is told the share done, 0 to 1.

    It is 1280 x 720, 15 frames a second, and loops after 24 s without a seam.

    Raises:
        PluginError: the packages that ship the portraits are not installed.
        StoreError: the folder can't be written.
    """
    clip = folder / f"room-{CLIP_VERSION}.mp4"
    if clip.is_file():
        return clip
    unfinished = folder / f"unfinished-{os.getpid()}.mp4"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _encode(unfinished, progress)
        unfinished.replace(clip)
    except (OSError, av.FFmpegError) as error:
        raise StoreError(
            f"The demo's clip can't be written to {folder}: {os.strerror(error.errno or 0)}.",
            remedy="Free some space, or choose another folder with --data-dir.",
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return clip


def demo_pictures() -> Iterator[Image]:
    """Every picture of the loop."""
    room = draw_room(WIDTH, HEIGHT)
    collins, hopper = load_portraits()
    people = (
        (_Actor(collins.scaled(1.22), BLUE), collins_at),
        (_Actor(hopper.scaled(0.98), WHITE), hopper_at),
    )
    for index in range(round(LOOP_S * FPS)):
        picture = room.copy()
        for actor, pose_at in people:
            pose = pose_at(index / FPS)
            if pose is not None:
                actor.draw(picture, pose)
        yield picture


def _encode(path: Path, progress: Progress) -> None:
    total = round(LOOP_S * FPS)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options=_CODEC_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = _KEYFRAME_S * FPS
        for index, picture in enumerate(demo_pictures()):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            progress((index + 1) / total)
        container.mux(stream.encode())


@dataclass
class _Actor:
    """A person who can be drawn in any pose."""

    portrait: Portrait
    colour: tuple[int, int, int]
    _worn: dict[int, Image] = field(default_factory=dict)

    def draw(self, picture: Image, pose: Pose) -> None:
        """Put the person into the picture: standing on its lower edge, behind which the portrait ends."""
        portrait = self.portrait
        height, width = portrait.alpha.shape
        move = cv2.getRotationMatrix2D((width / 2, height), pose.lean, 1.0)
        # A little lower than the edge, so that leaning and bobbing never lift the portrait's end into sight.
        move[:, 2] += (pose.x * WIDTH - width / 2, HEIGHT - height + 26 - pose.up)
        left = max(0, int(move[0, 2]) - 40)
        right = min(WIDTH, left + width + 120)
        if right <= left:
            return
        move[0, 2] -= left
        warp = partial(cv2.warpAffine, M=move, dsize=(right - left, HEIGHT), flags=cv2.INTER_LINEAR)
        alpha = np.asarray(warp(portrait.alpha), np.float32)
        behind = picture[:, left:right].copy()
        picture[:, left:right] = cv2.blendLinear(warp(self._with_mask(pose.mask)), behind, alpha, 1 - alpha)

    def _with_mask(self, amount: float) -> Image:
        step = round(amount * _MASK_STEPS)
        if step not in self._worn:
            self._worn[step] = wear_mask(self.portrait, step / _MASK_STEPS, self.colour)
        return self._worn[step]
