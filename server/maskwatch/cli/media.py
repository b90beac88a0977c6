"""Where `maskwatch detect` gets its pictures from: picture files, folders, videos, and streams of cameras."""

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from maskwatch.core.types import Image
from maskwatch.errors import MaskwatchError, SourceError, SourceReason

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
VIDEOS = frozenset({".mp4", ".m4v", ".mkv", ".mov", ".avi", ".webm", ".ts", ".mts", ".mpg", ".mpeg", ".flv", ".wmv"})
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CUT_OFF_FRAMES = 2  # a file that ends this many frames before it says was cut off
_FIRST_PICTURE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to look at. `shown` is safe to print; `name` is what a copy of it is called, relative to its folder."""

    address: str
    shown: str
    kind: str
    name: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a target: its number from 0, seconds from the target's beginning, pixels (uint8 RGB)."""

    frame: int
    time_s: float
    image: Image
    fps: float | None = None
    of: int | None = None
    """How many there will be, where that is known."""


def targets_of(paths: list[str]) -> Iterator[Target]:
    """What the arguments of the command line name; a folder stands for the pictures and videos in it."""
    from maskwatch.secrets import redact_url  # noqa: PLC0415

    for text in paths:
        if _ADDRESS.match(text) and not text.lower().startswith("file:"):
            shown = redact_url(text)
            plain = re.sub(r"[^A-Za-z0-9]+", "_", shown.partition("://")[2]).strip("_") or "stream"
            yield Target(address=text, shown=shown, kind="stream", name=Path(plain))
            continue
        path = Path(text)
        if not path.is_dir():
            yield _file(path, Path(path.name))
            continue
        inside = sorted(found for found in path.rglob("*") if found.suffix.lower() in PICTURES | VIDEOS)
        if not inside:
            yield Target(address=text, shown=text, kind="empty", name=Path(path.name))
        for found in inside:
            yield _file(found, found.relative_to(path))


def _file(path: Path, name: Path) -> Target:
    kind = "video" if path.suffix.lower() in VIDEOS else "picture"
    return Target(address=str(path), shown=str(path), kind=kind, name=name)


def shots(target: Target) -> Iterator[Shot]:
    """The pictures of a target, in order. A stream has no end: the reader stops when it has seen enough.

    Raises:
        MaskwatchError: it can't be opened or read, or ends before it should; what came before was given.
    """
    if target.kind == "picture":
        yield Shot(frame=0, time_s=0.0, image=read_picture(Path(target.address)), of=1)
    elif target.kind == "video":
        yield from _video(Path(target.address))
    elif target.kind == "stream":
        yield from _stream(target)
    else:
        raise SourceError(SourceReason.NOT_FOUND, f"The folder {target.shown} holds no pictures and no videos.")


def read_picture(path: Path) -> Image:
    """Decode a picture file to uint8 RGB, upright.

    Raises:
        SourceError: it is missing, unreadable, or no picture that can be decoded.
    """
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except FileNotFoundError:
        raise SourceError(SourceReason.NOT_FOUND, f"There is no file {path}.") from None
    except OSError as error:
        raise SourceError(SourceReason.CORRUPT, f"The picture {path} can't be read: {error.strerror}.") from None
    decoded = None
    if data.size:
        with suppress(cv2.error):
            decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise SourceError(SourceReason.CORRUPT, f"The picture {path} can't be decoded: it is damaged or no picture.")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _video(path: Path) -> Iterator[Shot]:
    """Every frame of a video file.

    Raises:
        SourceError: it can't be opened, no frame can be decoded, or it was cut off.
    """
    import av  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from maskwatch.sources.av_input import InputSpec, find_video, open_input, read_packets  # noqa: PLC0415
    from maskwatch.sources.file import FileFailures  # noqa: PLC0415

    failures = FileFailures(path)
    address, options = f"file:{path.absolute()}", {"protocol_whitelist": "file"}
    spec = InputSpec(address=address, shown=str(path), transport="file", failures=failures, options=options)
    with open_input(spec) as container:
        stream = find_video(container, spec.shown)
        fps = float(stream.average_rate or stream.guessed_rate or 25)
        length_s = float(container.duration / av.time_base) if container.duration else 0.0
        expected = stream.frames or round(length_s * fps)
        count, time_s, damaged = 0, 0.0, False
        for packet in read_packets(container, stream, failures):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                damaged = True
                continue
            for frame in frames:
                time_s = count / fps if frame.pts is None else float(frame.time)
                image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                yield Shot(frame=count, time_s=time_s, image=image, fps=fps, of=expected or None)
                count += 1
    if not count:
        raise failures.undecodable()
    if expected - count >= _CUT_OFF_FRAMES or (damaged and count < expected):
        raise SourceError(
            SourceReason.CORRUPT,
            f"The video {path} ends after {count} of {expected} frames: it was cut off or is damaged.",
            remedy="Copy or download it again.",
        )


class _Newest:
    """A sink that keeps only the newest frame of a stream, for a reader on another thread."""

    def __init__(self) -> None:
        from maskwatch.core.ports import RawFrame  # noqa: PLC0415
        from maskwatch.pipeline.slot import LatestSlot  # noqa: PLC0415

        self.slot: LatestSlot[RawFrame] = LatestSlot()
        self.news = threading.Event()
        self.failure: MaskwatchError | None = None
        self.over = False

    def opened(self, info: object) -> None:
        """Nothing hangs on the format."""

    def frame(self, frame: object) -> None:
        """Keep it."""
        self.slot.put(frame)  # type: ignore[arg-type]  # a RawFrame, imported late
        self.news.set()

    def packet(self, packet: object) -> None:
        """Nobody looks at the encoded stream."""


def _stream(target: Target) -> Iterator[Shot]:
    """The newest frame of a camera whenever the reader is ready for one.

    Raises:
        SourceError: the camera can't be opened, or its stream ended.
    """
    from maskwatch.sources.registry import create_source  # noqa: PLC0415

    source = create_source(target.address, {}, camera="detect")
    sink, stop = _Newest(), threading.Event()

    def play() -> None:
        try:
            source.run(sink, stop)
        except MaskwatchError as error:
            sink.failure = error
        finally:
            sink.over = True
            sink.news.set()

    thread = threading.Thread(target=play, name="detect-stream", daemon=True)
    thread.start()
    first_s: float | None = None
    try:
        while True:
            over = sink.over  # asked before the slot: the last picture is given, too
            raw = sink.slot.take()
            if raw is not None:
                first_s = raw.captured_monotonic_s if first_s is None else first_s
                yield Shot(frame=raw.sequence, time_s=raw.captured_monotonic_s - first_s, image=raw.to_rgb())
            elif over:
                break
            else:
                sink.news.wait()
                sink.news.clear()
    finally:
        stop.set()
        thread.join(timeout=_FIRST_PICTURE_S)
    raise sink.failure or SourceError(SourceReason.ENDED, f"The stream {target.shown} ended.")
