"""The picture that goes along with a test, so that a target that takes pictures shows one."""

import cv2
import numpy as np

from maskwatch.core.notices import Picture

_SIZE = (240, 320, 3)


def test_picture() -> Picture:
    """A drawn picture that nobody takes for a camera's. Blocks for a millisecond."""
    image = np.full(_SIZE, 245, np.uint8)
    ink = (90, 80, 40)
    cv2.rectangle(image, (12, 12), (308, 228), ink, 2)
    cv2.putText(image, "maskwatch", (66, 118), cv2.FONT_HERSHEY_SIMPLEX, 1.1, ink, 2, cv2.LINE_AA)
    cv2.putText(image, "test", (128, 160), cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 2, cv2.LINE_AA)
    return Picture(name="test", jpeg=cv2.imencode(".jpg", image)[1].tobytes())
