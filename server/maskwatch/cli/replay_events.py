"""What a replay prints: an event for each alert raised or closed, a summary, and what other settings would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maskwatch.core.types import AlertAction

if TYPE_CHECKING:
    from maskwatch.core.types import AlertChange, Look

_SAME_S = 2.0
"""Two alerts whose violations began no further apart than this can be about the same one."""
_MOVED_S = 0.001

Event = dict[str, Any]


@dataclass(slots=True)
class Summary:
    """What came of the whole recording."""

    looks: int = 0
    raised: int = 0
    closed: int = 0
    people: int = 0
    end_s: float = 0.0

    def take(self, look: "Look") -> list[Event]:
        """Count a look in; the events of its alerts."""
        self.looks += 1
        self.end_s = look.frame.captured_monotonic_s
        self.people = max([self.people, *(track.id for track in look.tracks)])
        self.raised += sum(change.action is AlertAction.RAISED for change in look.changes)
        self.closed += sum(change.action is AlertAction.CLOSED for change in look.changes)
        return [event_of(change) for change in look.changes]

    def as_event(self) -> Event:
        """The last line of the JSON output."""
        return {
            "event": "summary",
            "time_s": round(self.end_s, 3),
            "looks": self.looks,
            "people": self.people,
            "raised": self.raised,
            "closed": self.closed,
            "open": self.raised - self.closed,
        }

    def in_words(self) -> str:
        """The same as a sentence."""
        return (
            f"{self.end_s:.1f} s, {self.looks} looks, {self.people} people: {self.raised} alert(s) raised, "
            f"{self.closed} closed, {self.raised - self.closed} open at the end."
        )


def event_of(change: "AlertChange") -> Event:
    """One line of the JSON output."""
    event: Event = {
        "event": change.action.value,
        "time_s": round(change.at_s, 3),
        "kind": change.kind.value,
        "person": change.track_id,
        "alert": change.alert_id,
    }
    if change.measured is not None:
        event["measured"] = dict(change.measured.values)
    evidence = change.evidence
    if evidence is None:
        return {**event, "reason": change.reason.value if change.reason else ""}
    return {
        **event,
        "reason": f"{change.kind.value} for {evidence.violation_s:.1f} s",
        "looks": evidence.looks,
        "seen_s": round(evidence.seen_s, 3),
        "violation_s": round(evidence.violation_s, 3),
        "belief": {label.value: round(belief, 4) for label, belief in evidence.belief.items()},
        "box": [round(side, 1) for side in (evidence.box.x1, evidence.box.y1, evidence.box.x2, evidence.box.y2)],
        "quality": round(evidence.quality.weight, 3),
    }


def compare(first: Sequence[Event], second: Sequence[Event]) -> list[Event]:
    """What the second settings change: alerts `only_a`, `only_b`, `moved` in time, or the `same`, in order of time.

    Person numbers may differ between settings, so alerts are matched by when their violation began, then by place.
    """
    left, right = ([event for event in events if event["event"] == "raised"] for events in (first, second))
    pairs = sorted(
        (cost, index, other)
        for index, one in enumerate(left)
        for other, two in enumerate(right)
        if (cost := _unlikeness(one, two)) is not None
    )
    partner: dict[int, int] = {}
    for _, index, other in pairs:
        if index not in partner and other not in partner.values():
            partner[index] = other
    changes = [_both(one, right[partner[index]]) for index, one in enumerate(left) if index in partner]
    changes += [_one("a", one) for index, one in enumerate(left) if index not in partner]
    changes += [_one("b", two) for other, two in enumerate(right) if other not in partner.values()]
    return sorted(changes, key=_when)


def _unlikeness(one: Event, two: Event) -> float | None:
    began_apart_s = abs(_began_s(one) - _began_s(two))
    if began_apart_s > _SAME_S or ("box" in one) != ("box" in two):
        return None
    if "box" not in one:
        return began_apart_s if one["kind"] == two["kind"] else None
    size = max(one["box"][3] - one["box"][1], 1.0)
    apart_sizes: float = sum(abs(a - b) for a, b in zip(one["box"], two["box"], strict=True)) / size
    return began_apart_s + 0.05 * apart_sizes + 0.1 * abs(float(one["time_s"]) - float(two["time_s"]))


def _began_s(event: Event) -> float:
    return float(event["time_s"]) - float(event.get("violation_s", 0.0))


def _both(one: Event, two: Event) -> Event:
    shift_s = round(two["time_s"] - one["time_s"], 3)
    return {
        "event": "moved" if abs(shift_s) > _MOVED_S or one["kind"] != two["kind"] else "same",
        "time_a_s": one["time_s"],
        "time_b_s": two["time_s"],
        "shift_s": shift_s,
        "kind_a": one["kind"],
        "kind_b": two["kind"],
        "person_a": one["person"],
        "person_b": two["person"],
    }


def _one(side: str, event: Event) -> Event:
    return {
        "event": f"only_{side}",
        f"time_{side}_s": event["time_s"],
        f"kind_{side}": event["kind"],
        f"person_{side}": event["person"],
        "reason": event["reason"],
    }


def _when(change: Event) -> float:
    return float(change["time_a_s"] if "time_a_s" in change else change["time_b_s"])
