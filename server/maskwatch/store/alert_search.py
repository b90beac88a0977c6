"""From a query of alerts to SQL."""

from sqlalchemy import ColumnElement, Select, and_, or_, select

from maskwatch.store.cursor import Cursor
from maskwatch.store.records import AlertQuery, FeedbackFilter
from maskwatch.store.tables import AlertRow


def matching(query: AlertQuery) -> Select[AlertRow]:
    """All alerts that `query` asks for, after its cursor.

    Raises:
        InvalidRequestError: the cursor is not one.
    """
    conditions: list[ColumnElement[bool]] = [*_what(query), *_when(query)]
    if query.min_confidence is not None:
        conditions.append(AlertRow.confidence >= query.min_confidence)
    return select(AlertRow).where(*conditions)


def _what(query: AlertQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.camera is not None:
        conditions.append(AlertRow.camera == query.camera)
    if query.kinds:
        conditions.append(AlertRow.kind.in_([kind.value for kind in query.kinds]))
    if query.severity is not None:
        conditions.append(AlertRow.severity == query.severity.value)
    if query.states:
        conditions.append(AlertRow.state.in_([state.value for state in query.states]))
    if query.feedback is FeedbackFilter.NONE:
        conditions.append(AlertRow.marked_wrong.is_(None))
    elif query.feedback is not None:
        conditions.append(AlertRow.marked_wrong.is_(query.feedback is FeedbackFilter.WRONG))
    if query.escalated is not None:
        escalated = AlertRow.escalated_at.is_not(None)
        conditions.append(escalated if query.escalated else AlertRow.escalated_at.is_(None))
    return conditions


def _when(query: AlertQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.since is not None:
        conditions.append(AlertRow.raised_at >= query.since)
    if query.until is not None:
        conditions.append(AlertRow.raised_at < query.until)
    if query.cursor is not None:
        at = Cursor.decode(query.cursor)
        conditions.append(
            or_(AlertRow.raised_at < at.raised_at, and_(AlertRow.raised_at == at.raised_at, AlertRow.id < at.id))
        )
    return conditions
