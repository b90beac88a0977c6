"""Encoded packets into an MP4 file, not re-encoded, with its index in front so that browsers play it while it loads."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from maskwatch.core.ports import EncodedPacket
from maskwatch.live.ring import Footage

_TICKS_PER_S = 90_000
_JUMP_TICKS = _TICKS_PER_S
"""Timestamps that stray from the packets' arrival by more than this have jumped."""
_DEFAULT_FPS = 25
_TABLE, _TO_ITS_ENTRY = b"stsd", 16
"""The box that describes the video, and how far behind the beginning of its name the code of its first entry is."""
_LARGEST_HEAD = 1 << 20


def write_mp4(footage: Footage, file: Path) -> None:
    """Write `footage` to `file`. Takes a while: call it in a thread.

    Raises:
        OSError: the file can't be written.
        ValueError: the packets can't be put into an MP4 file.
    """
    info = footage.info
    try:
        with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            rate = round(info.fps) if info.fps else _DEFAULT_FPS
            stream = container.add_mux_stream(info.codec, rate=rate, width=info.width, height=info.height)
            stream.time_base = Fraction(1, _TICKS_PER_S)
            for packet, (shown, decoded) in zip(footage.packets, times(footage.packets), strict=True):
                out = av.Packet(packet.data)
                out.stream, out.time_base = stream, Fraction(1, _TICKS_PER_S)
                out.pts, out.dts = shown, decoded
                out.is_keyframe = packet.keyframe
                container.mux(out)
        if info.codec == "hevc":
            _tag_for_apple(file)
    except av.FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise OSError(error.errno, error.strerror) from None
        msg = f"the packets can't be put into an MP4 file ({type(error).__name__})"
        raise ValueError(msg) from None


def _tag_for_apple(file: Path) -> None:
    """Name H.265 `hvc1` in the index, which FFmpeg names `hev1`: Safari and iPhones play no other.

    The two differ in where parameter sets may be; here they are in the index and, harmlessly, before keyframes too.
    """
    with file.open("r+b") as clip:
        head = clip.read(_LARGEST_HEAD)
        entry = head.find(_TABLE) + _TO_ITS_ENTRY
        if head[entry : entry + 4] == b"hev1":
            clip.seek(entry)
            clip.write(b"hvc1")


def times(packets: Sequence[EncodedPacket]) -> list[tuple[int, int]]:
    """When each packet is shown and when it is decoded, in 90 kHz ticks from the first picture on.

    Pictures predicted from later ones are decoded before they are shown; the order of decoding is the order of the
    packets, its times are those of the pictures in order, moved ahead as far as the most reordered one needs.
    """
    shown = _presentation(packets)
    first = min(shown, default=0)
    shown = [ticks - first for ticks in shown]
    decoded = sorted(shown)
    for index in range(1, len(decoded)):
        decoded[index] = max(decoded[index], decoded[index - 1] + 1)
    ahead = max((late - ticks for late, ticks in zip(decoded, shown, strict=True)), default=0)
    return [(ticks, late - ahead) for ticks, late in zip(shown, decoded, strict=True)]


def _presentation(packets: Sequence[EncodedPacket]) -> list[int]:
    """Times of the pictures; where the stream's timestamps wrap or jump, they go on from where they were."""
    shown: list[int] = []
    offset = 0
    for index, packet in enumerate(packets):
        ticks = packet.ticks if packet.shown_ticks is None else packet.shown_ticks
        if index:
            elapsed_s = packet.captured_monotonic_s - packets[index - 1].captured_monotonic_s
            expected = shown[-1] + max(1, round(elapsed_s * _TICKS_PER_S))
            if abs(ticks + offset - expected) > _JUMP_TICKS:
                offset = expected - ticks
        shown.append(ticks + offset)
    return shown
