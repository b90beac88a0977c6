"""The picture of a replay with people, beliefs and alerts drawn in, as H.264."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import cv2
import numpy as np

from maskwatch.core.ports import RawFrame
from maskwatch.core.types import AlertAction, Image, Look, MaskLabel, Track, TrackState
from maskwatch.errors import ConfigError, SinkError

_COLOURS = {
    TrackState.COMPLIANT: (46, 160, 67),
    TrackState.NO_MASK: (218, 54, 51),
    TrackState.INCORRECT: (227, 142, 20),
    TrackState.UNKNOWN: (128, 128, 128),
}
_WORDS = {
    TrackState.COMPLIANT: ("mask", MaskLabel.MASK),
    TrackState.NO_MASK: ("no mask", MaskLabel.NO_MASK),
    TrackState.INCORRECT: ("worn wrong", MaskLabel.INCORRECT),
}
_NEWS_S = 2.5
"""How long the banner tells of an alert that was raised or closed."""
_TIME_BASE = Fraction(1, 90_000)
_WHITE, _DARK, _RED = (255, 255, 255), (20, 24, 30), (178, 32, 28)


class ReplayVideo:
    """Writes every frame of a replay as it was judged. Use it as a context, so that the file is finished."""

    def __init__(self, path: Path, recording: Path) -> None:
        if path.absolute() == recording.absolute():
            raise ConfigError(f"The annotated copy would overwrite {recording}.", remedy="Name another file.")
        self._path = path
        self._container: Any = None
        self._stream: Any = None
        self._size = (0, 0)
        self._waiting: list[RawFrame] = []
        self._look: Look | None = None
        self._alerts: dict[str, int | None] = {}
        self._news: list[tuple[float, str, tuple[int, int, int]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write_waiting()
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()

    def watch(self, frames: Iterable[RawFrame]) -> Iterator[RawFrame]:
        """Pass `frames` on to the replay, and keep them until it is known what came of them."""
        for frame in frames:
            self._waiting.append(frame)
            yield frame

    def add(self, look: Look) -> None:
        """Draw what came of the newest frame; frames since the look before show what was known then.

        Raises:
            SinkError: the file can't be written.
        """
        newest = self._waiting.pop()
        self._write_waiting()
        self._look = look
        for change in look.changes:
            person = "" if change.track_id is None else f" person {change.track_id}"
            what = f"{change.kind.value.replace('_', ' ')}{person}"
            if change.action == AlertAction.CLOSED.value:
                self._alerts.pop(change.alert_id, None)
                reason = change.reason.value.replace("_", " ") if change.reason else "closed"
                self._news.append((change.at_s, f"closed: {what}, {reason}", _DARK))
            elif change.action == AlertAction.RAISED.value:
                self._alerts[change.alert_id] = change.track_id
                self._news.append((change.at_s, f"ALERT: {what}", _RED))
        self._waiting.append(newest)
        self._write_waiting()

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            try:
                self._write(self._drawn(frame), frame.captured_monotonic_s)
            except (OSError, av.FFmpegError) as error:
                reason = error.strerror or type(error).__name__
                raise SinkError(f"The annotated copy {self._path} can't be written: {reason}.") from None

    def _drawn(self, frame: RawFrame) -> Image:
        canvas = frame.to_rgb().copy()
        t_s = frame.captured_monotonic_s
        scale = max(0.4, min(1.0, max(canvas.shape[:2]) / 2000))
        alerted = set(self._alerts.values())
        tracks = self._look.tracks if self._look is not None else ()
        # Who is in sight comes last, on top; who was only glimpsed and is gone says nothing.
        for track in sorted(tracks, key=lambda each: each.observation is not None):
            if track.observation is None and track.state is TrackState.UNKNOWN:
                continue
            _draw_person(canvas, track, scale, alerted=track.id in alerted)
        lines = [(f"{t_s:.1f} s  open alerts: {len(self._alerts)}", _DARK)]
        lines += [(text, colour) for at_s, text, colour in self._news if t_s - at_s < _NEWS_S]
        top = 0
        for text, colour in lines:
            top += _tag(canvas, text, (0, top), colour, scale)
        return canvas

    def _write(self, picture: Image, t_s: float) -> None:
        if self._container is None:
            self._open(picture)
        width, height = self._size
        fitted = picture if picture.shape[:2] == (height, width) else cv2.resize(picture, (width, height))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(fitted, np.uint8), format="rgb24")
        frame.pts, frame.time_base = round(t_s / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def _open(self, picture: Image) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # H.264 in 4:2:0 needs even sides.
        self._size = (max(2, picture.shape[1] // 2 * 2), max(2, picture.shape[0] // 2 * 2))
        self._container = av.open(str(self._path), "w", format="mp4", options={"movflags": "faststart"})
        # One thread and no date: the same recording and settings give the same bytes.
        options = {"crf": "23", "preset": "veryfast", "threads": "1"}
        self._stream = self._container.add_stream("libx264", rate=30, options=options)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = _TIME_BASE


def _draw_person(canvas: Image, track: Track, scale: float, *, alerted: bool) -> None:
    """Box and words; thin where the person is only remembered, thick where an alert is open."""
    colour, box = _COLOURS[track.state], track.box
    seen = track.observation is not None
    thickness = max(1, round(max(canvas.shape[:2]) / 500)) * (2 if alerted else 1) if seen else 1
    corner, opposite = (round(box.x1), round(box.y1)), (round(box.x2), round(box.y2))
    cv2.rectangle(canvas, corner, opposite, colour, thickness, cv2.LINE_AA)
    word, label = _WORDS.get(track.state, ("not sure", None))
    believed = "" if label is None else f" {track.belief[label]:.0%}"
    what = f"{word}{believed}" if seen else "out of sight"
    _tag(canvas, f"{track.id}: {what}{' !' if alerted else ''}", (corner[0], corner[1]), colour, scale, above=True)


def _tag(
    canvas: Image, text: str, at: tuple[int, int], colour: tuple[int, int, int], scale: float, *, above: bool = False
) -> int:
    """White words on a coloured ground, kept inside the picture; returns the ground's height in pixels."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    tall = height + base + 4
    left = min(max(0, at[0]), max(0, canvas.shape[1] - width - 6))
    top = max(0, at[1] - tall) if above else at[1]
    cv2.rectangle(canvas, (left, top), (left + width + 6, top + tall), colour, -1)
    origin = (left + 3, top + height + 2)
    cv2.putText(canvas, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 1, cv2.LINE_AA)
    return tall
