"""Standing alerts for the tests of the rules that are about no single person."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason


def standing(kind: AlertKind) -> StandingAlert:
    """An alert of `kind` with ids that count."""
    ids = count(1)
    return StandingAlert(camera="hall", kind=kind, new_id=lambda: f"{kind.value}{next(ids)}")


def told(changes: Sequence[AlertChange]) -> list[tuple[AlertAction, CloseReason | None]]:
    """What happened, in short."""
    return [(change.action, change.reason) for change in changes]


def measured(change: AlertChange) -> Mapping[str, Any]:
    """What it measured; such an alert has no person."""
    assert change.track_id is None
    assert change.evidence is None
    assert change.measured is not None
    return change.measured.values


RAISED = (AlertAction.RAISED, None)
RECOVERED = (AlertAction.CLOSED, CloseReason.RECOVERED)
