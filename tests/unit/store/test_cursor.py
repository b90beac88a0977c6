import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.errors import InvalidRequestError
from maskwatch.store.cursor import Cursor

_MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(moment=_MOMENTS, alert_id=st.text(max_size=64))
def test_it_comes_back_as_it_went(moment: datetime, alert_id: str) -> None:
    text = Cursor(moment, alert_id).encode()
    assert text.isascii()
    assert not set(text) & set("=&?#/+ ")
    assert Cursor.decode(text) == Cursor(moment, alert_id)


def test_the_zone_does_not_matter() -> None:
    moment = datetime(2026, 3, 14, 12, tzinfo=timezone(timedelta(hours=7)))
    assert Cursor.decode(Cursor(moment, "a").encode()) == Cursor(moment.astimezone(UTC), "a")


@given(text=st.text(max_size=200))
def test_anything_else_is_refused_and_nothing_breaks(text: str) -> None:
    with suppress(InvalidRequestError):
        assert Cursor.decode(text).raised_at.tzinfo is not None


@pytest.mark.parametrize("inside", ["[" * 100_000, '["2026-03-14T12:00:00Z", "\\ud800"]'], ids=["deep", "no text"])
def test_odd_json_is_refused(inside: str) -> None:
    with pytest.raises(InvalidRequestError):
        Cursor.decode(base64.urlsafe_b64encode(inside.encode()).decode())


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        Cursor.decode(Cursor(datetime(2026, 3, 14), "a").encode())  # noqa: DTZ001
