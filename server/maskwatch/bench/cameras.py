"""What the cameras show: a clip with numbered pictures, and from a number when its picture was sent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from maskwatch.bench.timecode import draw_code
from maskwatch.demo.clip import FPS, HEIGHT, WIDTH, demo_pictures

_OPTIONS = {"bf": "0", "preset": "veryfast", "crf": "21", "tune": "film"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedClip:
    """A clip that is played over and over; its pictures say their number, from 0."""

    path: Path
    pictures: int
    fps: float

    @property
    def length_s(self) -> float:
        """How long one round takes."""
        return self.pictures / self.fps

    def age_s(self, sent_s: float, now_s: float) -> float:
        """How long ago a picture was sent that is sent every `length_s`, once of them at `sent_s` (of the same clock).

        Ages of a whole round and more can't be told from younger ones.
        """
        return (now_s - sent_s) % self.length_s


def make_numbered_clip(folder: Path, progress: Callable[[float], None] = lambda _share: None) -> NumberedClip:
    """The demo's room, 720p H.264 at 15 pictures a second with a keyframe each second, its pictures numbered."""
    path = folder / "numbered.mp4"
    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = FPS
        for count, picture in enumerate(demo_pictures(), start=1):
            draw_code(picture, count - 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            progress(count / 360)
        container.mux(stream.encode())
    return NumberedClip(path=path, pictures=count, fps=float(FPS))
