"""Annotated copies of what `maskwatch detect` looked at: pictures as pictures, videos and streams as mp4."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np

from maskwatch.cli.media import Shot, Target
from maskwatch.core.types import Image, MaskLabel, Observation
from maskwatch.errors import ConfigError, SinkError

_COLOURS = {
    MaskLabel.MASK: (46, 160, 67),
    MaskLabel.NO_MASK: (218, 54, 51),
    MaskLabel.INCORRECT: (227, 142, 20),
    MaskLabel.UNKNOWN: (128, 128, 128),
}
_WORDS = {
    MaskLabel.MASK: "mask",
    MaskLabel.NO_MASK: "no mask",
    MaskLabel.INCORRECT: "worn wrong",
    MaskLabel.UNKNOWN: "can't tell",
}
_DEFAULT_FPS = 5.0


def annotated(image: Image, observations: Sequence[Observation]) -> Image:
    """A copy of `image` with a box and a label for each face. The words carry the meaning; the colour only helps."""
    canvas = image.copy()
    thickness = max(1, round(max(image.shape[:2]) / 500))
    font_scale = max(0.35, min(1.2, max(image.shape[:2]) / 1400))
    for seen in observations:
        colour = _COLOURS[seen.verdict.label]
        box = seen.face.box
        corner, opposite = (round(box.x1), round(box.y1)), (round(box.x2), round(box.y2))
        cv2.rectangle(canvas, corner, opposite, colour, thickness, cv2.LINE_AA)
        text = f"{_WORDS[seen.verdict.label]} {seen.verdict.confidence:.0%}"
        (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, font_scale, 1)
        left = min(max(0, corner[0]), max(0, image.shape[1] - width))
        bottom = max(height + base, corner[1])
        cv2.rectangle(canvas, (left, bottom - height - base), (left + width, bottom), colour, -1)
        origin = (left, bottom - base)
        cv2.putText(canvas, text, origin, cv2.FONT_HERSHEY_SIMPLEX, font_scale, (255, 255, 255), 1, cv2.LINE_AA)
    return canvas


class Copies:
    """Writes the annotated copy of one target into a folder. Use it as a context, so that a video is finished.

    `taken` are the files that must stay: what else is looked at, and the copies of others; this one is added.
    """

    def __init__(self, folder: Path, target: Target, taken: set[Path]) -> None:
        self._target = target
        suffix = target.name.suffix if target.kind == "picture" else ".mp4"
        self.path = folder / target.name.with_suffix(suffix)
        if self.path.resolve() in taken:
            raise ConfigError(f"The annotated copy would overwrite {self.path}.", remedy="Name another folder.")
        taken.add(self.path.resolve())
        self._video: Any = None
        self._stream: Any = None
        self._size = (0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._video is not None:
            for packet in self._stream.encode():
                self._video.mux(packet)
            self._video.close()

    def add(self, shot: Shot, observations: Sequence[Observation]) -> None:
        """Write one picture, or add it to the video.

        Raises:
            SinkError: the folder or the file can't be written.
        """
        picture = annotated(shot.image, observations)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._target.kind == "picture":
                self._write_picture(picture)
            else:
                self._write_frame(picture, shot)
        except OSError as error:
            raise SinkError(f"The annotated copy {self.path} can't be written: {error.strerror}.") from None

    def _write_picture(self, picture: Image) -> None:
        done, data = cv2.imencode(self.path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if not done:
            raise SinkError(f"The annotated copy {self.path} can't be encoded.")
        self.path.write_bytes(data.tobytes())

    def _write_frame(self, picture: Image, shot: Shot) -> None:
        import av  # noqa: PLC0415 - only videos need it

        if self._video is None:
            rate = Fraction(shot.fps or _DEFAULT_FPS).limit_denominator(1001)
            # H.264 in 4:2:0 needs even sides.
            self._size = (max(2, picture.shape[1] // 2 * 2), max(2, picture.shape[0] // 2 * 2))
            self._video = av.open(str(self.path), "w")
            self._stream = self._video.add_stream("libx264", rate=rate, options={"crf": "23", "preset": "veryfast"})
            self._stream.width, self._stream.height = self._size
            self._stream.pix_fmt = "yuv420p"
        width, height = self._size
        fitted = picture if picture.shape[:2] == (height, width) else cv2.resize(picture, (width, height))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(fitted, np.uint8), format="rgb24")
        for packet in self._stream.encode(frame):
            self._video.mux(packet)
