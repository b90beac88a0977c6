"""How many of 200 people are alerted exactly as they should be: `python -m tests.bench.people` prints a table."""

import argparse
import itertools
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from maskwatch.config import RuleSettings
from maskwatch.core.types import AlertAction, AlertKind, Frame
from maskwatch.pipeline.judges import Judges
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.pipeline.replay import Silent
from maskwatch.pipeline.spec import CameraSpec
from tests.bench.crossings import HEIGHT, STORIES, WIDTH, Walker, looks_at, people_of

RATES = (2.0, 3.0, 5.0, 7.0, 10.0)
_IN_A_SCENE = 4
_PICTURE = RgbPicture(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one person: `raised_s` is when alerts came, in seconds of the scene."""

    walker: Walker
    looks_per_s: float
    raised_s: tuple[float, ...]

    @property
    def is_right(self) -> bool:
        """Whether there were exactly as many alerts as there should be."""
        return len(self.raised_s) == self.walker.alerts and not self.is_double

    @property
    def is_double(self) -> bool:
        """Whether one violation was alerted twice."""
        spells = [self.walker.spell_at(t_s) for t_s in self.raised_s]
        return len(set(spells)) < len(spells)


def run(
    people: int, seed: int, rates: Sequence[float] = RATES, rules: Mapping[str, Any] | None = None
) -> list[Outcome]:
    """`people` crossing in scenes of four, each scene at the next of `rates`; the same seed gives the same people."""
    judged_by = RuleSettings(**(rules or {}))
    chance, outcomes = random.Random(seed), []
    names, stories, paces = iter(range(people)), itertools.cycle(STORIES), itertools.cycle(rates)
    while group := list(itertools.islice(names, _IN_A_SCENE)):
        told = [next(stories) for _ in group]
        outcomes += _scene(people_of(chance, group, told, RuleSettings().dwell_s), chance, next(paces), judged_by)
    return outcomes


def _scene(walkers: list[Walker], chance: random.Random, looks_per_s: float, rules: RuleSettings) -> list[Outcome]:
    spec = CameraSpec(name="crossing", url="made-up", detect_fps=looks_per_s, rules=rules)
    ids = itertools.count(1)
    line = Judges.for_camera(spec, lambda: str(next(ids)), {}).line(spec, Silent(), wake=lambda _line: None)
    came: dict[int, list[float]] = {walker.name: [] for walker in walkers}
    for index, seen in enumerate(looks_at(walkers, chance, looks_per_s)):
        frame = Frame(
            camera="crossing",
            sequence=index,
            captured_monotonic_s=seen.t_s,
            captured_utc=datetime.fromtimestamp(seen.t_s, UTC),
            picture=_PICTURE,
        )
        look = line.advance(frame, [observation for _, observation in seen.people])
        assert look is not None
        who = {track.id: name for track in look.tracks for name, each in seen.people if track.observation is each}
        for change in look.changes:
            if change.action is AlertAction.RAISED and change.kind in (AlertKind.NO_MASK, AlertKind.INCORRECT):
                assert change.track_id is not None
                # The alert belongs to whoever its deciding look shows, whatever track it was made on.
                came[who[change.track_id]].append(change.at_s)
    return [Outcome(walker=walker, looks_per_s=looks_per_s, raised_s=tuple(came[walker.name])) for walker in walkers]


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """The outcomes by rate and by story, for docs/benchmarks.md."""
    rows = [("all", outcomes)]
    rows += [
        (f"{rate:g} looks/s", [each for each in outcomes if each.looks_per_s == rate])
        for rate in sorted({each.looks_per_s for each in outcomes})
    ]
    rows += [(story, [each for each in outcomes if each.walker.story == story]) for story in STORIES]
    lines = ["|  | people | exactly right | missed | alerted for nothing | alerted twice |"]
    lines.append("|" + " --- |" * 6)
    for name, some in rows:
        right, double = sum(each.is_right for each in some), sum(each.is_double for each in some)
        missed = sum(len(each.raised_s) < each.walker.alerts for each in some)
        idle = len(some) - right - double - missed
        lines.append(f"| {name} | {len(some)} | {right / len(some):.1%} | {missed} | {idle} | {double} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--people", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=5)
    options = arguments.parse_args()
    outcomes = run(options.people, options.seed)
    sys.stdout.write(as_markdown(outcomes) + "\n")
    for each in outcomes:
        if not each.is_right:
            sys.stderr.write(f"{each.raised_s} at {each.looks_per_s} looks/s: {each.walker}\n")


if __name__ == "__main__":
    main()
