"""Paging while alerts come in: whoever pages on sees each alert that was there at the start exactly once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from maskwatch.config import MaskwatchSettings
from maskwatch.store import Store
from maskwatch.store.records import AlertQuery
from tests.integration.store.parts import NOON, new_alert

_SECONDS = st.integers(min_value=0, max_value=6)
"""Few different times, so that many alerts share one."""


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(_SECONDS, max_size=14),
    meanwhile=st.lists(st.lists(_SECONDS, max_size=3), max_size=8),
    limit=st.integers(min_value=1, max_value=5),
)
def test_no_gap_and_no_double(before: list[int], meanwhile: list[list[int]], limit: int) -> None:
    asyncio.run(_page(before, meanwhile, limit))


async def _page(before: list[int], meanwhile: list[list[int]], limit: int) -> None:
    with TemporaryDirectory() as folder:
        store = await Store.open(MaskwatchSettings(data_dir=Path(folder)))
        number = 0

        async def add(seconds: int) -> str:
            nonlocal number
            number += 1
            # Ids that do not grow with time, so that the order within one instant is put to the test.
            alert_id = f"{number * 7919 % 10007:05}"
            await store.alerts.raise_(new_alert(id=alert_id, raised_at=NOON + timedelta(seconds=seconds)))
            return alert_id

        wanted = [await add(seconds) for seconds in before]
        seen = []
        query = AlertQuery(limit=limit)
        arrivals = iter(meanwhile)
        while True:
            page, cursor = await store.alerts.list(query)
            seen += page
            if cursor is None:
                break
            assert len(page) == limit
            query = AlertQuery(limit=limit, cursor=cursor)
            for seconds in next(arrivals, []):
                await add(seconds)
        await store.close()
    ids = [alert.id for alert in seen]
    assert len(ids) == len(set(ids))
    assert set(wanted) <= set(ids)
    order = [(alert.raised_at, alert.id) for alert in seen]
    assert order == sorted(order, reverse=True)
