"""People for the tests of the pure core: observations made to measure."""

from maskwatch.core.types import LABELS, Box, Face, MaskLabel, MaskVerdict, Observation, Quality


def look(
    label: MaskLabel = MaskLabel.NO_MASK,
    *,
    x: float = 100.0,
    y: float = 100.0,
    size: float = 60.0,
    score: float = 0.9,
    probability: float = 0.96,
    weight: float = 1.0,
) -> Observation:
    """One look at a face of `size` px at (x, y) that seems to be `label`."""
    others = (1 - probability) / (len(LABELS) - 1)
    probabilities = {each: probability if each is label else others for each in LABELS}
    if label is MaskLabel.UNKNOWN:
        probabilities = dict.fromkeys(LABELS, 1 / len(LABELS))
    return Observation(
        face=Face(box=Box(x, y, x + size, y + size), score=score),
        verdict=MaskVerdict(label=label, probabilities=probabilities),
        quality=Quality(size_px=size, sharpness=100.0, frontality=1.0, weight=weight),
    )
