"""Programs that the crash tests run as processes of their own: `python scripts.py NAME DATA_DIR ENDPOINT [URL]`."""

import asyncio
import sys
from pathlib import Path

from maskwatch.config import MaskwatchSettings
from maskwatch.errors import StoreError
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.store import Store

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.integration.notifiers.parts import Post, drained
from tests.integration.store.parts import new_alert


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201


def settings_for(data_dir: str, endpoint: str, url: str | None) -> MaskwatchSettings:
    """A store with one target of the settings file, a webhook at `endpoint`."""
    return MaskwatchSettings.model_validate(
        {
            "data_dir": data_dir,
            "database": {"url": url} if url else {},
            "notifiers": [{"name": "desk", "type": "webhook", "options": {"url": endpoint}}],
        }
    )


async def raise_only(settings: MaskwatchSettings) -> None:
    """Raise alerts without end and send nothing; say the id of each once it is committed."""
    store = await Store.open(settings)
    number = 0
    while True:
        number += 1
        event = await store.alerts.raise_(new_alert(number))
        assert event is not None
        _say(event.alert.id)


async def send_forever(settings: MaskwatchSettings) -> None:
    """Send what waits, and raise more, without end; say the id of each once it is committed."""
    store = await Store.open(settings)
    post = Post(store, VapidKey.open(settings.data_dir))
    await post.run("desk", "webhook", settings.notifiers[0].options.get_secret_value())
    number = await store.alerts.last_event_id()
    while True:
        number += 1
        event = await store.alerts.raise_(new_alert(number))
        assert event is not None
        _say(event.alert.id)
        await asyncio.sleep(0.002)


async def send_until_full(settings: MaskwatchSettings) -> None:
    """On a disk too small: raise and send until the database takes no more, then make room and send the rest."""
    store = await Store.open(settings)
    post = Post(store, VapidKey.open(settings.data_dir))
    failed = 0
    raised: set[str] = set()
    while not failed:
        try:
            for number in range(len(raised), len(raised) + 20):
                event = await store.alerts.raise_(new_alert(number, evidence={"filler": "x" * 20_000}))
                assert event is not None
                raised.add(event.alert.id)
        except StoreError as error:
            failed += 1
            _say("failed", error.code)
    await post.run("desk", "webhook", settings.notifiers[0].options.get_secret_value())
    await asyncio.to_thread((settings.data_dir / "ballast").unlink)
    await drained(store, "desk")
    _say("raised", *sorted(raised))
    await post.close()
    await store.close()


if __name__ == "__main__":
    chosen = settings_for(sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
    program = {"raise-only": raise_only, "send-forever": send_forever, "send-until-full": send_until_full}
    asyncio.run(program[sys.argv[1]](chosen))
