"""A number drawn into a picture, and read at the other end: 40 blocks of 16 x 16 pixels along the top row."""

import numpy as np

from maskwatch.core.types import Image

_BLOCK_PX = 16
_VALUE_BITS, _CHECK_BITS = 32, 8


def draw_code(image: Image, value: int) -> None:
    """Write `value` (0 to 2**32 - 1) into `image` (uint8 RGB, at least 640 pixels wide): its bits, then their check."""
    bits = value << _CHECK_BITS | _check(value)
    for place in range(_VALUE_BITS + _CHECK_BITS):
        white = bits >> (_VALUE_BITS + _CHECK_BITS - 1 - place) & 1
        image[:_BLOCK_PX, place * _BLOCK_PX : (place + 1) * _BLOCK_PX] = 235 if white else 16


def read_code(image: Image) -> int | None:
    """What `draw_code` wrote into `image`; None if it can't be read."""
    row = np.asarray(image[_BLOCK_PX // 4 : -(-_BLOCK_PX * 3 // 4)], np.float32).mean(axis=(0, 2))
    bits = 0
    for place in range(_VALUE_BITS + _CHECK_BITS):
        middle = row[place * _BLOCK_PX + 4 : place * _BLOCK_PX + 12]
        bits = bits << 1 | int(middle.mean() > 127)
    value = bits >> _CHECK_BITS
    return value if bits & ((1 << _CHECK_BITS) - 1) == _check(value) else None


def _check(value: int) -> int:
    check = 0
    for each in value.to_bytes(4, "big"):
        check ^= each
    return check
