"""Fragmented MP4 of one H.264 stream, a fragment for each picture. Pure.

FFmpeg's muxer ends a fragment when the next picture comes, which holds every picture back by one. These few boxes
(ISO/IEC 14496-12 and -15) don't, and are cut once for all who watch.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

TIMESCALE = 90_000
_TRACK = 1
_LONGEST_TICKS = TIMESCALE // 2
_USUAL_TICKS = TIMESCALE // 15
_ROUNDING_TICKS = 2
_ANOTHER_CLOCK_TICKS = 60 * TIMESCALE
"""A camera that is silent for so long is opened anew."""
_KEYFRAME, _DELTA = 0x02000000, 0x01010000
"""Sample flags: depends on nothing; depends on others and is no place to join."""
_IDENTITY = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_WITH_CHROMA = frozenset({100, 110, 122, 144})
"""Profiles whose configuration says how colours are sampled."""
_MOOF_BYTES = 104


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTime:
    """When a picture is decoded and shown, in ticks since an origin of its `epoch`; and how long, as far as is known.

    `shown` modulo 2**32 is its media time. Times of two epochs have nothing to do with each other.
    """

    epoch: int
    shown: int
    decoded: int
    duration: int


class SampleClock:
    """Turns media times (90 kHz modulo 2**32) into times for samples.

    How long a picture lasts is known when the next one comes, which is too late: the time since the one before must
    do. A browser that finds pictures decoded further apart than twice that takes the stream for broken off and drops
    everything up to the next keyframe. So after a gap the decoding time, which nobody sees, catches up in steps.
    """

    def __init__(self) -> None:
        self._last: SampleTime | None = None
        self._epoch = 0

    def restart(self) -> None:
        """The stream begins anew, by another clock."""
        self._last = None
        self._epoch += 1

    def advance(self, ticks: int) -> SampleTime:
        """The next picture's time; a step backwards, or by a minute, begins a new epoch."""
        last = self._last
        step = 0 if last is None else (ticks - last.shown) % (1 << 32)
        if step >= _ANOTHER_CLOCK_TICKS:
            self.restart()
            last = None
        if last is None:
            time = SampleTime(epoch=self._epoch, shown=ticks, decoded=ticks, duration=_USUAL_TICKS)
        else:
            shown = last.shown + step
            # Not quite twice: browsers round to microseconds before they compare.
            decoded = min(shown, last.decoded + max(1, 2 * last.duration - _ROUNDING_TICKS))
            # Cameras are uneven: the longest of late, or browsers see gaps where there are none.
            duration = max(1, min(max(step, last.duration * 7 // 8), _LONGEST_TICKS))
            time = SampleTime(epoch=self._epoch, shown=shown, decoded=decoded, duration=duration)
        self._last = time
        return time


def mime_type(sps: bytes) -> str:
    """The type to give to `MediaSource.addSourceBuffer`, from a sequence parameter set."""
    return f'video/mp4; codecs="avc1.{sps[1:4].hex()}"'


def init_segment(sps: Sequence[bytes], pps: Sequence[bytes], width: int, height: int) -> bytes:
    """What comes before the first fragment: `ftyp` and `moov` without samples, for pictures of this size in pixels."""
    config = struct.pack(">B3sBB", 1, sps[0][1:4], 0xFF, 0xE0 | len(sps)) + _sized(sps)
    config += struct.pack(">B", len(pps)) + _sized(pps)
    if sps[0][1] in _WITH_CHROMA:
        config += b"\xfd\xf8\xf8\0"  # 4:2:0 of 8 bits: browsers play no other
    entry = struct.pack(">6xH16x2H3IH32xHh", 1, width, height, 72 << 16, 72 << 16, 0, 1, 24, -1)
    avc1 = _box(b"avc1", entry, _box(b"avcC", config))
    empty = b"".join(
        (
            _full(b"stts", 0, 0, struct.pack(">I", 0)),
            _full(b"stsc", 0, 0, struct.pack(">I", 0)),
            _full(b"stsz", 0, 0, struct.pack(">2I", 0, 0)),
            _full(b"stco", 0, 0, struct.pack(">I", 0)),
        )
    )
    stbl = _box(b"stbl", _full(b"stsd", 0, 0, struct.pack(">I", 1), avc1), empty)
    dinf = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    minf = _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), dinf, stbl)
    mdhd = _full(b"mdhd", 0, 0, struct.pack(">4I2H", 0, 0, TIMESCALE, 0, 0x55C4, 0))
    hdlr = _full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide"), b"\0")
    tkhd = struct.pack(">5I8x4h", 0, 0, _TRACK, 0, 0, 0, 0, 0, 0) + _IDENTITY
    tkhd += struct.pack(">2I", width << 16, height << 16)
    trak = _box(b"trak", _full(b"tkhd", 0, 3, tkhd), _box(b"mdia", mdhd, hdlr, minf))
    mvhd = struct.pack(">4IIH10x", 0, 0, TIMESCALE, 0, 1 << 16, 0x0100) + _IDENTITY + bytes(24)
    mvhd += struct.pack(">I", _TRACK + 1)
    mvex = _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">5I", _TRACK, 1, 0, 0, 0)))
    moov = _box(b"moov", _full(b"mvhd", 0, 0, mvhd), trak, mvex)
    return _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso5avc1mp41") + moov


def fragment(serial: int, units: Sequence[bytes], time: SampleTime, *, keyframe: bool) -> bytes:
    """One picture of NAL `units` as `moof` and `mdat`."""
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)
    offset = _MOOF_BYTES + 8
    sample = (time.duration, len(data), _KEYFRAME if keyframe else _DELTA, time.shown - time.decoded)
    traf = _box(
        b"traf",
        _full(b"tfhd", 0, 0x020000, struct.pack(">I", _TRACK)),
        _full(b"tfdt", 1, 0, struct.pack(">Q", time.decoded)),
        _full(b"trun", 0, 0x000F01, struct.pack(">Ii4I", 1, offset, *sample)),
    )
    moof = _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", serial & 0xFFFFFFFF)), traf)
    return moof + _box(b"mdat", data)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _sized(units: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
