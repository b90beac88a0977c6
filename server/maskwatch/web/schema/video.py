"""Messages of the websocket that carries live video, between its pictures."""

from typing import Literal

from maskwatch.web.schema.base import Wire


class VideoStart(Wire):
    """Another stream begins; the next binary message is its initialisation segment, every later one a picture."""

    type: Literal["start"] = "start"
    mime: str
    """What to give to `MediaSource.addSourceBuffer`."""
    width: int
    height: int


class VideoKeyframe(Wire):
    """The next binary message is a keyframe: a page may forget all pictures before it."""

    type: Literal["keyframe"] = "keyframe"
    shown_s: float
    """Its time in the stream; see `docs/webrtc.md`."""
