from datetime import timedelta

from maskwatch.config import MaskwatchSettings
from maskwatch.core.arming import Disarm
from maskwatch.store import Store
from tests.integration.store.parts import NOON


def disarm(minutes: int, by: str | None = "anna") -> Disarm:
    return Disarm(since_utc=NOON, until_utc=NOON + timedelta(minutes=minutes), by=by)


async def test_who_disarmed_what_until_when_outlives_a_restart(settings: MaskwatchSettings) -> None:
    first = await Store.open(settings)
    await first.disarms.put(["lobby", "ward"], disarm(30))
    await first.disarms.put(["ward"], disarm(60, None))
    await first.close()
    second = await Store.open(settings)
    assert await second.disarms.load(NOON) == {"lobby": disarm(30), "ward": disarm(60, None)}
    await second.close()


async def test_what_is_over_is_forgotten_and_what_is_armed_too(store: Store) -> None:
    await store.disarms.put(["a", "b", "c"], disarm(30))
    await store.disarms.remove(["b"])
    assert set(await store.disarms.load(NOON + timedelta(minutes=29))) == {"a", "c"}
    assert await store.disarms.load(NOON + timedelta(minutes=30)) == {}


async def test_a_long_or_odd_name_does_no_harm(store: Store) -> None:
    await store.disarms.put(["a"], disarm(30, "x\0" * 200))
    by = (await store.disarms.load(NOON))["a"].by
    assert by is not None
    assert len(by) == 100
