"""The room behind the demo's people: drawn, a little out of focus, as behind somebody at a desk."""

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Image

Colour = tuple[int, int, int]

_WALL_TOP, _WALL_BOTTOM = np.array((206, 208, 198), np.float32), np.array((150, 158, 150), np.float32)
_BOOKS: tuple[tuple[int, int, Colour], ...] = (
    (26, 92, (150, 84, 66)), (20, 104, (64, 92, 110)), (30, 86, (196, 170, 120)), (18, 100, (84, 110, 88)),
    (24, 96, (120, 76, 96)), (28, 108, (70, 74, 96)), (20, 90, (186, 140, 84)), (26, 98, (96, 128, 134)),
)  # fmt: skip


def draw_room(width: int, height: int) -> Image:
    """The empty room."""
    room = _wall(1280, 720)
    _window(room, 70, 40, 300, 330)
    _shelf(room, 770, 250, 400)
    _picture(room, 520, 70, 170, 130)
    _plant(room, 1215, 560)
    blurred = np.asarray(cv2.GaussianBlur(room, (0, 0), 3.2), np.float32)
    lit = (blurred * _daylight(1280, 720)[..., None]).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(lit, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _wall(width: int, height: int) -> Image:
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    wall = np.broadcast_to(_WALL_TOP * (1 - down) + _WALL_BOTTOM * down, (height, width, 3)).copy()
    wall[int(height * 0.86) :] *= 0.62
    return wall.astype(np.uint8)


def _daylight(width: int, height: int) -> NDArray[np.float32]:
    """Light that falls in by the window, and the corners a lens darkens."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    from_window = 0.22 * np.exp(-(((x - 0.16) / 0.42) ** 2) - ((y - 0.25) / 0.6) ** 2)
    corners = 0.26 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    return np.asarray(0.96 + from_window - corners, np.float32)


def _window(room: Image, left: int, top: int, width: int, height: int) -> None:
    sky = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    blue, haze = np.array((172, 206, 232), np.float32), np.array((238, 240, 232), np.float32)
    room[top : top + height, left : left + width] = (blue * (1 - sky) + haze * sky).astype(np.uint8)
    pane = room[top : top + height, left : left + width]
    for x, radius in ((30, 70), (120, 90), (230, 80), (300, 60)):
        cv2.circle(pane, (x, height - 6), radius, (128, 156, 118), -1, cv2.LINE_AA)
    frame = (236, 234, 226)
    cv2.rectangle(room, (left - 8, top - 8), (left + width + 8, top + height + 8), frame, 14, cv2.LINE_AA)
    cv2.line(room, (left + width // 2, top), (left + width // 2, top + height), frame, 9, cv2.LINE_AA)
    cv2.line(room, (left, top + height // 2), (left + width, top + height // 2), frame, 9, cv2.LINE_AA)
    cv2.rectangle(room, (left - 22, top + height + 12), (left + width + 22, top + height + 28), (222, 219, 210), -1)


def _shelf(room: Image, left: int, top: int, width: int) -> None:
    wood = (146, 112, 78)
    for board, books in ((top, _BOOKS[:5]), (top + 170, _BOOKS[3:])):
        x = left + 24 if board == top else left + 150
        for thickness, tall, colour in books:
            cv2.rectangle(room, (x, board - tall), (x + thickness, board), colour, -1)
            cv2.line(room, (x, board - tall), (x, board), tuple(int(c * 0.7) for c in colour), 2)
            x += thickness + 3
        cv2.rectangle(room, (left, board), (left + width, board + 14), wood, -1)
        cv2.rectangle(room, (left, board + 14), (left + width, board + 24), (116, 118, 108), -1)
    cv2.circle(room, (left + 320, top - 44), 40, (222, 202, 160), -1, cv2.LINE_AA)
    cv2.rectangle(room, (left + 298, top - 12), (left + 342, top), (190, 166, 122), -1)
    cv2.ellipse(room, (left + 70, top + 140), (34, 30), 0, 0, 360, (170, 110, 84), -1, cv2.LINE_AA)


def _picture(room: Image, left: int, top: int, width: int, height: int) -> None:
    cv2.rectangle(room, (left, top), (left + width, top + height), (92, 74, 58), -1)
    cv2.rectangle(room, (left + 8, top + 8), (left + width - 8, top + height - 8), (238, 234, 222), -1)
    inner = room[top + 24 : top + height - 24, left + 24 : left + width - 24]
    inner[:] = (196, 212, 214)
    cv2.circle(inner, (inner.shape[1] - 34, 26), 14, (236, 190, 110), -1, cv2.LINE_AA)
    for x, peak, colour in ((30, 30, (120, 144, 150)), (80, 44, (96, 122, 128))):
        foot = inner.shape[0]
        hill = np.array(((x - 60, foot), (x, peak), (x + 70, foot)), np.int32)
        cv2.fillPoly(inner, [hill], colour, cv2.LINE_AA)


def _plant(room: Image, x: int, floor: int) -> None:
    for angle in range(-70, 71, 20):
        tip = (round(x + 120 * np.sin(np.radians(angle))), round(floor - 40 - 190 * np.cos(np.radians(angle * 0.8))))
        middle = ((x + tip[0]) // 2, (floor - 40 + tip[1]) // 2)
        shade = 70 + abs(angle) // 3
        cv2.ellipse(room, middle, (100, 17), 90 + angle * 0.9, 0, 360, (shade, shade + 54, shade - 6), -1, cv2.LINE_AA)
    pot = np.array(((x - 52, floor - 60), (x + 52, floor - 60), (x + 40, floor + 60), (x - 40, floor + 60)), np.int32)
    cv2.fillPoly(room, [pot], (186, 126, 96), cv2.LINE_AA)
