"""What passing H.264 on needs to know of it: its NAL units, and that a keyframe carries its parameter sets."""

_START = b"\x00\x00\x01"
_SPS, _PPS = 7, 8
_PARAMETER_SETS = frozenset({_SPS, _PPS})


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
