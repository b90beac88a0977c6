"""What every camera read with FFmpeg shares: opening without leaking the address, demuxing, decoding, delivering.

FFmpeg puts the address, password included, into the text, the repr and the arguments of its errors. So nothing here or
in the sources shows or chains such an error: each becomes a `SourceError` in words of our own, raised outside of the
`except` block so that not even its context holds the original.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import av
import av.container
import av.video.stream
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.stream import Discard, Disposition

from maskwatch.errors import SourceError, SourceReason

VideoPacket: TypeAlias = "av.Packet[av.video.stream.VideoStream]"
"""A packet of a video stream."""

Hardware = Literal["cuda", "vaapi", "qsv", "drm", "videotoolbox"]
"""What may decode instead of the processor, as FFmpeg calls it."""

_MAX_BROKEN_READS = 50


class Failures(Protocol):
    """How one kind of camera puts its failures into words."""

    def opening(self, error: av.FFmpegError) -> SourceError:
        """Why it can't be opened."""

    def reading(self, error: av.FFmpegError | None, *, any_packet: bool, silent: bool) -> SourceError:
        """Why no more can be read; `error` is None when the stream just ended, `silent` says that nothing came."""

    def undecodable(self) -> SourceError:
        """Packets come, but no picture can be made of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """What to open. `address` holds its secrets in clear, `shown` is safe to show."""

    address: str = field(repr=False)
    shown: str
    transport: str
    failures: Failures
    options: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    open_timeout_s: float | None = None
    read_timeout_s: float | None = None
    catches_up: bool = False
    """Whether pictures are left out, up to the next keyframe, when the stream has fallen behind."""
    loop_filter: bool = True
    """Whether the decoder smooths the edges of its blocks; it costs an eighth of the decoding."""
    hardware: Hardware | None = None
    """What decodes instead of the processor, where it knows the codec."""
    fetch: Callable[[str, int, dict[str, str]], Any] | None = field(default=None, repr=False)
    """What gives FFmpeg whatever it asks for by address, as files of ours, instead of FFmpeg's own protocols…"""
    first: Callable[[], Any] | None = field(default=None, repr=False)
    """…and the file that is opened to begin with."""


@contextmanager
def open_input(spec: InputSpec) -> Iterator[av.container.InputContainer]:
    """Open a container for reading, and close it at the end.

    Raises:
        SourceError: it can't be opened.
    """
    hardware = None if spec.hardware is None else open_hardware(spec.hardware)
    try:
        container = av.open(
            spec.first() if spec.first is not None else spec.address,
            format=spec.format,
            options=dict(spec.options),
            io_open=spec.fetch,
            timeout=(spec.open_timeout_s, spec.read_timeout_s),
            metadata_errors="replace",
            hwaccel=hardware,
        )
    except av.FFmpegError as error:
        failure = spec.failures.opening(error)
    else:
        with container:
            yield container
        return
    raise failure


def open_hardware(kind: Hardware) -> HWAccel:
    """What decodes with `kind`, and leaves what it can't decode to the processor.

    Raises:
        SourceError: FFmpeg was built without it, or there is no such device here.
    """
    remedy = "Leave the option hardware_decoding out: the processor decodes then."
    known = hwdevices_available()
    if kind not in known:
        raise SourceError(
            SourceReason.MISCONFIGURED,
            f"This FFmpeg can't decode with {kind}: it was built for {', '.join(known) or 'no hardware'}.",
            remedy=remedy,
        )
    hardware = HWAccel(kind, allow_software_fallback=True)
    try:
        hardware.create(av.Codec("h264", "r"))  # what every camera sends: the device is tried with it
    except (av.FFmpegError, RuntimeError, NotImplementedError):
        failure = SourceError(
            SourceReason.MISCONFIGURED,
            f"This machine has no device that decodes with {kind}, or its driver can't be used here.",
            remedy=remedy,
        )
    else:
        return hardware
    raise failure


def find_video(container: av.container.InputContainer, shown: str) -> av.video.stream.VideoStream:
    """The video stream to watch: the first that is no cover picture.

    Raises:
        SourceError: there is none, or nothing here can decode it.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        sends = "sound only" if container.streams.audio else "nothing that can be watched"
        raise SourceError(
            SourceReason.NO_VIDEO,
            f"There is no video in {shown}: it sends {sends}.",
            remedy="Name a stream with video.",
        )
    # Without a decoder PyAV gives the stream no codec context, whatever its type says.
    if getattr(streams[0], "codec_context", None) is None:
        raise codec_unsupported(shown)
    return streams[0]


def audio_codec(container: av.container.InputContainer) -> str | None:
    """The codec of the sound beside the video, which nobody listens to; None without any."""
    for stream in container.streams.audio:
        return str(getattr(stream.codec_context, "name", "unknown"))
    return None


def codec_unsupported(shown: str, codec: str | None = None) -> SourceError:
    """The video of `shown` is in a codec that can't be decoded here."""
    named = f"the codec {codec!r}" if codec else "a codec that is not known here"
    return SourceError(
        SourceReason.CODEC_UNSUPPORTED,
        f"The video of {shown} is in {named}, which can't be decoded.",
        remedy="Set the camera to H.264 (best), H.265 or MJPEG.",
    )


def read_packets(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, failures: Failures
) -> Iterator[VideoPacket]:
    """The packets of `stream` in decoding order; at its end an empty packet, which drains the decoder.

    Raises:
        SourceError: reading failed. Single packets that make no sense are passed over.
    """
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    any_packet, broken = False, 0
    while True:
        try:
            for packet in container.demux(stream):
                any_packet, broken = True, 0
                yield packet
        except av.FFmpegError as error:
            broken += 1 if isinstance(error, av.InvalidDataError) else _MAX_BROKEN_READS
            failure = failures.reading(error, any_packet=any_packet, silent=isinstance(error, av.ExitError))
        else:
            return
        if broken >= _MAX_BROKEN_READS:
            raise failure
