"""People who cross a camera's view, made up but with known names: what tracker, compliance and rules are measured on.

A scene holds a few people on their own lanes, some coming, some going. Each has a story: with or without a mask, taking
it off or putting it on midway, a hand before the mouth, a turned head, an occlusion of up to 2 s. What the models would
say of them has the noise that the shipped ones have on recordings: some people are hard (a look in eight is wrong),
most are not (one in fifty), wrong looks come in runs, boxes tremble by 2 % of a face, and looks are missed.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

from maskwatch.core.types import LABELS, Box, Face, MaskLabel, MaskVerdict, Observation, Quality

WIDTH, HEIGHT = 1280, 720
MASK, BARE, INCORRECT = MaskLabel.MASK, MaskLabel.NO_MASK, MaskLabel.INCORRECT
STORIES = ("mask", "bare", "takes_off", "puts_on", "worn_wrong", "off_on_off", "hand_bare", "hand_mask")
_RUN_S = 0.25
"""How long a run of wrong looks lasts."""
_MISSED = 0.03
_BOX_NOISE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """One person: their story, way and face size in pixels. `wears` are (from second, label), relative to `enters_s`.

    `hidden`, `turned` and `hand` are (from, to) in seconds of the scene; `errors` is the share of looks that are wrong.
    """

    name: int
    story: str
    enters_s: float
    stays_s: float
    size_px: float
    y: float
    from_x: float
    to_x: float
    wears: tuple[tuple[float, MaskLabel], ...]
    alerts: int
    errors: float
    hidden: tuple[tuple[float, float], ...] = ()
    turned: tuple[tuple[float, float], ...] = ()
    hand: tuple[tuple[float, float], ...] = ()

    def label_at(self, t_s: float) -> MaskLabel:
        """What they truly wear."""
        return [label for since_s, label in self.wears if t_s - self.enters_s >= since_s][-1]

    def spell_at(self, t_s: float) -> int:
        """Which of the spells in `wears` it is, from 0."""
        return sum(t_s - self.enters_s >= since_s for since_s, _ in self.wears) - 1

    def box_at(self, t_s: float) -> Box | None:
        """Where their face truly is; None before they come and after they left."""
        share = (t_s - self.enters_s) / self.stays_s
        if not 0 <= share <= 1:
            return None
        x, bob = self.from_x + share * (self.to_x - self.from_x), 0.06 * self.size_px * math.sin(9 * t_s + self.name)
        return Box(x, self.y + bob, x + 0.8 * self.size_px, self.y + bob + self.size_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look of the scene: time, and each observation with the name of whom it shows."""

    t_s: float
    people: tuple[tuple[int, Observation], ...]


@dataclass(slots=True)
class _Mood:
    """Whether the model errs on somebody just now: a slow random walk, so that wrong looks come in runs."""

    value: float
    at_s: float
    errs: float
    chance: random.Random = field(repr=False)

    def is_wrong(self, t_s: float, more: float) -> bool:
        keep = math.exp(-(t_s - self.at_s) / _RUN_S)
        self.value = keep * self.value + math.sqrt(1 - keep**2) * self.chance.gauss(0, 1)
        self.at_s = t_s
        return self.value > NormalDist().inv_cdf(1 - min(0.5, self.errs + more))


def people_of(chance: random.Random, names: Sequence[int], stories: Sequence[str], dwell_s: float) -> list[Walker]:
    """Walkers for one scene, each on a lane of their own, one behind the other in size."""
    return [
        _walker(chance, name, story, lane / len(names), dwell_s)
        for lane, (name, story) in enumerate(zip(names, stories, strict=True))
    ]


def _walker(chance: random.Random, name: int, story: str, lane: float, dwell_s: float) -> Walker:
    enters_s, stays_s = chance.uniform(0, 4), chance.uniform(14, 22)
    size_px = chance.uniform(26, 50) + 70 * lane
    from_x, to_x = (-10.0, WIDTH - size_px) if chance.random() < 0.5 else (WIDTH - size_px, -10.0)
    change_s = stays_s * chance.uniform(0.35, 0.5)
    long_s = dwell_s + 2.5  # a violation that must raise an alert lasts this long, even at two looks a second
    wears: tuple[tuple[float, MaskLabel], ...]
    wears, alerts = {
        "mask": (((0.0, MASK),), 0),
        "hand_mask": (((0.0, MASK),), 0),
        "bare": (((0.0, BARE),), 1),
        "hand_bare": (((0.0, BARE),), 1),
        "worn_wrong": (((0.0, INCORRECT),), 1),
        "takes_off": (((0.0, MASK), (change_s, BARE)), 1),
        "puts_on": (((0.0, BARE), (long_s, MASK)), 1),
        "off_on_off": (((0.0, BARE), (long_s, MASK), (long_s + 4.5, BARE)), 2),
    }[story]
    # What hides or turns somebody happens while what they wear stays the same for long enough around it.
    middle_s = enters_s + (stays_s * 0.7 if story == "takes_off" else stays_s * 0.3)
    disturbed = chance.choice(("hidden", "turned", "nothing")) if story != "off_on_off" else "nothing"
    lasts_s = chance.uniform(0.4, 2.0)
    spell = ((middle_s, middle_s + lasts_s),)
    return Walker(
        name=name,
        story=story,
        enters_s=enters_s,
        stays_s=max(stays_s, 2 * long_s + 6.5) if story == "off_on_off" else stays_s,
        size_px=size_px,
        y=60 + lane * 460 + chance.uniform(-20, 20),
        from_x=from_x,
        to_x=to_x,
        wears=wears,
        alerts=alerts,
        errors=0.12 if chance.random() < 0.25 else 0.02,
        hidden=spell if disturbed == "hidden" else (),
        turned=spell if disturbed == "turned" else (),
        hand=((enters_s + stays_s * 0.5, enters_s + stays_s * 0.5 + chance.uniform(0.5, 2.0)),)
        if story.startswith("hand")
        else (),
    )


def looks_at(walkers: Sequence[Walker], chance: random.Random, looks_per_s: float) -> Iterator[Seen]:
    """The scene as the models see it, at `looks_per_s` with uneven gaps, until everybody left and is forgotten."""
    moods = {
        walker.name: _Mood(value=chance.gauss(0, 1), at_s=0.0, errs=walker.errors, chance=chance) for walker in walkers
    }
    t_s, end_s = 0.0, max(walker.enters_s + walker.stays_s for walker in walkers) + 6
    while t_s < end_s:
        people = [
            (walker.name, seen)
            for walker in walkers
            if (seen := _observe(walker, t_s, moods[walker.name], chance)) is not None
        ]
        chance.shuffle(people)
        yield Seen(t_s=t_s, people=tuple(people))
        t_s += chance.uniform(0.7, 1.3) / looks_per_s


def _observe(walker: Walker, t_s: float, mood: _Mood, chance: random.Random) -> Observation | None:
    box = walker.box_at(t_s)
    hand, turned = _within(walker.hand, t_s), _within(walker.turned, t_s)
    if box is None or _within(walker.hidden, t_s) or chance.random() < _MISSED + 0.5 * turned:
        return None
    truth = walker.label_at(t_s)
    wrong = mood.is_wrong(t_s, 0.12 * hand + 0.25 * turned)
    label = chance.choice([each for each in LABELS if each is not truth]) if wrong else truth
    sure = chance.uniform(0.45, 0.8) if wrong or hand else 1 - min(0.35, chance.expovariate(18))
    rest = chance.uniform(0.2, 0.8)
    others = iter((rest, 1 - rest))
    probabilities = {each: sure if each is label else (1 - sure) * next(others) for each in LABELS}
    noise = [_BOX_NOISE * walker.size_px * chance.gauss(0, 1) for _ in range(4)]
    seen = Box(box.x1 + noise[0], box.y1 + noise[1], box.x2 + noise[2], box.y2 + noise[3])
    weight = min(1.0, max(0.0, (seen.longer_side - 10) / 30)) * (chance.uniform(0, 0.4) if turned else 0.95)
    return Observation(
        face=Face(box=seen, score=chance.uniform(0.62, 0.92)),
        verdict=MaskVerdict(label=label if sure >= 0.5 else MaskLabel.UNKNOWN, probabilities=probabilities),
        quality=Quality(size_px=seen.longer_side, sharpness=100.0, frontality=0.2 if turned else 1.0, weight=weight),
    )


def _within(spells: Sequence[tuple[float, float]], t_s: float) -> bool:
    return any(start_s <= t_s < end_s for start_s, end_s in spells)
