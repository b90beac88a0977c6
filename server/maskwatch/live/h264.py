"""What passing H.264 on needs to know of it: its NAL units, its parameter sets, and what those say of the size."""

from dataclasses import dataclass

_START = b"\x00\x00\x01"
_SPS, _PPS = 7, 8
_PARAMETER_SETS = frozenset({_SPS, _PPS})
_NOT_THE_PICTURE = frozenset({*_PARAMETER_SETS, 9, 10, 11, 12})
"""Parameter sets, delimiters, ends and filler."""
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_BLOCK_PX = 16


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B access unit, without start codes."""
    units = []
    start = data.find(_START)
    while start != -1:
        start += len(_START)
        end = data.find(_START, start)
        unit = data[start:] if end == -1 else data[start:end]
        # The zero byte before a start code of four bytes is not the unit's; no unit ends in a zero byte.
        units.append(unit.rstrip(b"\x00") if end != -1 else unit)
        start = end
    return [unit for unit in units if unit]


class ParameterSets:
    """Puts SPS and PPS before each keyframe that comes without: a browser that joins there can't decode otherwise."""

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}

    def complete(self, keyframe: bytes) -> bytes:
        """`keyframe` with its parameter sets; those it brings are remembered for later ones."""
        brought = {unit[0] & 0x1F: unit for unit in nal_units(keyframe) if unit[0] & 0x1F in _PARAMETER_SETS}
        self._known.update(brought)
        if brought.keys() >= _PARAMETER_SETS or self._known.keys() < _PARAMETER_SETS:
            return keyframe
        sets = b"".join(b"\x00" + _START + self._known[kind] for kind in (_SPS, _PPS))
        return sets + keyframe


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture, taken apart."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    """The units that a file keeps with the picture."""


def take_apart(data: bytes) -> AccessUnit:
    """The parts of an Annex B access unit."""
    units = nal_units(data)
    return AccessUnit(
        sps=tuple(unit for unit in units if unit[0] & 0x1F == _SPS),
        pps=tuple(unit for unit in units if unit[0] & 0x1F == _PPS),
        picture=tuple(unit for unit in units if unit[0] & 0x1F not in _NOT_THE_PICTURE),
    )


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels of the pictures that a sequence parameter set is for (ITU-T H.264, 7.3.2.1.1).

    Raises:
        ValueError: it makes no sense.
    """
    bits = _Bits(sps[4:].replace(b"\0\0\3", b"\0\0"))
    chroma = 1
    bits.exp_golomb()
    if sps[1:2] and sps[1] in _HIGH_PROFILES:
        chroma = bits.exp_golomb()
        _skip_high_profile(bits, chroma)
    bits.exp_golomb()
    _skip_picture_order(bits)
    bits.exp_golomb()
    bits.take(1)
    width = (bits.exp_golomb() + 1) * _BLOCK_PX
    rows = bits.exp_golomb() + 1
    frames_only = bits.take(1)
    height = rows * _BLOCK_PX * (2 - frames_only)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        left, right, top, bottom = (bits.exp_golomb() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frames_only)
    if width <= 0 or height <= 0:
        msg = "the parameter set gives no size"
        raise ValueError(msg)
    return width, height


def _skip_high_profile(bits: "_Bits", chroma: int) -> None:
    if chroma == 3:
        bits.take(1)
    bits.exp_golomb()
    bits.exp_golomb()
    bits.take(1)
    if bits.take(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_exp_golomb()) % 256
        last = following or last


def _skip_picture_order(bits: "_Bits") -> None:
    kind = bits.exp_golomb()
    if kind == 0:
        bits.exp_golomb()
    elif kind == 1:
        bits.take(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 255)):
            bits.exp_golomb()


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            msg = "the parameter set is cut off"
            raise ValueError(msg)
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def exp_golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_exp_golomb(self) -> int:
        value = self.exp_golomb()
        return (value + 1) // 2 if value % 2 else -(value // 2)
