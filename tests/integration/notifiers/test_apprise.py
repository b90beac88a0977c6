import asyncio
import base64
from typing import Any

import pytest

from maskwatch.core.notices import Notifier
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.registry import create_notifier
from tests.integration.notifiers.parts import JPEG, SECRET, notice
from tests.servers.http import Receiver


async def make(url: str, **options: Any) -> Notifier:
    return await asyncio.to_thread(create_notifier, "apprise", {"url": url, "timeout_s": 10, **options}, name="phones")


async def test_it_hands_over_title_text_and_pictures(receiver: Receiver) -> None:
    notifier = await make(f"json://127.0.0.1:{receiver.port}/in")
    assert await notifier.send(notice()) == "The service took the notice."
    await notifier.close()
    (taken,) = receiver.taken
    assert taken.json["title"] == "No mask: lobby"
    assert "Raised at" in taken.json["message"]
    assert "https://masks.example/alerts/" in taken.json["message"]
    assert [attached["filename"] for attached in taken.json["attachments"]] == ["face.jpg", "frame.jpg"]
    assert base64.b64decode(taken.json["attachments"][0]["base64"]) == JPEG


async def test_ntfy_gets_its_message(receiver: Receiver) -> None:
    notifier = await make(f"ntfy://127.0.0.1:{receiver.port}/masks?mode=private", language="id")
    receiver.answer = lambda _: 200
    await notifier.send(notice(pictures=()))
    await notifier.close()
    assert receiver.taken[0].json["topic"] == "masks"
    assert receiver.taken[0].json["title"] == "Tanpa masker: lobby"


@pytest.mark.parametrize(("status", "retryable"), [(401, True), (500, True), (413, False)])
async def test_a_refusal_names_the_answer_and_no_secret(receiver: Receiver, status: int, *, retryable: bool) -> None:
    receiver.answer = lambda _: status
    notifier = await make(f"json://user:{SECRET}@127.0.0.1:{receiver.port}/in")
    with pytest.raises(SinkError) as caught:
        await notifier.send(notice(pictures=()))
    await notifier.close()
    assert str(status) in caught.value.message
    assert caught.value.retryable is retryable
    assert SECRET not in str(caught.value)


async def test_a_service_that_hangs_holds_up_its_own_thread_alone(receiver: Receiver) -> None:
    receiver.hold = asyncio.Event()
    notifier = await make(f"json://127.0.0.1:{receiver.port}/in", timeout_s=0.3)
    with pytest.raises(SinkError) as caught:
        await notifier.send(notice(pictures=()))
    assert caught.value.code == "sink_timeout"
    with pytest.raises(SinkError, match="busy"):
        await notifier.send(notice(pictures=()))
    receiver.hold.set()
    await notifier.close()


async def test_nobody_listening_is_said(receiver: Receiver) -> None:
    await receiver.stop()
    notifier = await make(f"json://127.0.0.1:{receiver.port}/in")
    with pytest.raises(SinkError) as caught:
        await notifier.send(notice(pictures=()))
    await notifier.close()
    assert caught.value.code == "sink_unreachable"
    assert caught.value.retryable


@pytest.mark.parametrize("url", [f"{SECRET}", f"nosuch://{SECRET}", "syslog://local", f"tgram://{SECRET}", "://"])
async def test_what_apprise_can_make_nothing_of_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await make(url)
    assert SECRET not in str(caught.value)
