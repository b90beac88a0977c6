import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import pytest

from maskwatch.core.notices import LiveNotifier
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.mqtt import Mqtt
from maskwatch.notifiers.registry import create_notifier
from tests.fixtures.mosquitto import PASSWORD, USER, Mosquitto
from tests.integration.notifiers.parts import JPEG, SECRET, Post, notice
from tests.servers.relay import Relay
from tests.unit.web.looks import look


def options(broker: Mosquitto, **changes: Any) -> dict[str, Any]:
    login = {"username": USER, "password": PASSWORD}
    return {"host": "127.0.0.1", "port": broker.port, "timeout_s": 5, **login, **changes}


@asynccontextmanager
async def running(broker: Mosquitto, **changes: Any) -> AsyncIterator[Mqtt]:
    notifier = await asyncio.to_thread(create_notifier, "mqtt", options(broker, **changes), name="broker")
    assert isinstance(notifier, Mqtt)
    try:
        yield notifier
    finally:
        await notifier.close()


class Listener:
    """Somebody who follows everything on the broker."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.news = asyncio.Condition()

    async def until(self, topic: str, payload: bytes | None = None) -> bytes:
        def found() -> bytes | None:
            return next((text for where, text in self.said if where == topic and payload in (None, text)), None)

        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: found() is not None)
        text = found()
        assert text is not None
        return text


@asynccontextmanager
async def listening(broker: Mosquitto) -> AsyncIterator[Listener]:
    listener = Listener()
    async with aiomqtt.Client("127.0.0.1", broker.port, username=USER, password=PASSWORD) as client:
        await client.subscribe("#", qos=1)

        async def listen() -> None:
            async for message in client.messages:
                async with listener.news:
                    listener.said.append((message.topic.value, bytes(message.payload)))
                    listener.news.notify_all()

        task = asyncio.create_task(listen())
        yield listener
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class SlowAnswers(Relay):
    """Between a notifier and its broker: once `until_heard` has gone by, the broker's answers wait for `go_on`."""

    def __init__(self, broker: Mosquitto, until_heard: bytes) -> None:
        super().__init__(broker.port)
        self.go_on = asyncio.Event()
        self._until_heard, self._held = until_heard, False

    def asked(self, _link: int, data: bytes) -> None:
        self._held = self._held or self._until_heard in data

    async def may_answer(self, _link: int) -> bool:
        if self._held:
            await self.go_on.wait()
        return True


async def test_it_follows_the_protocol_of_live_notifiers(mosquitto: Mosquitto) -> None:
    async with running(mosquitto) as notifier:
        live: LiveNotifier = notifier
        live.camera_state("lobby", "online")


async def test_a_notice_and_its_picture_reach_who_listens(mosquitto: Mosquitto) -> None:
    async with listening(mosquitto) as listener, running(mosquitto) as notifier:
        said = await notifier.send(notice())
        assert said == "The broker 127.0.0.1 took the notice at maskwatch/cameras/lobby/alert."
        told = json.loads(await listener.until("maskwatch/cameras/lobby/alert"))
        assert (told["key"], told["action"]) == (notice().key, "raised")
        assert await listener.until("maskwatch/cameras/lobby/picture") == JPEG + b"frame"
        await listener.until("maskwatch/status", b"online")
    async with listening(mosquitto) as later:
        # It said goodbye itself; and a notice is not kept by the broker: it would come again after each restart.
        assert await later.until("maskwatch/status") == b"offline"
        assert "maskwatch/cameras/lobby/alert" not in dict(later.said)


async def test_a_trial_sends_its_notice_and_leaves_the_status_to_whom_it_belongs(mosquitto: Mosquitto) -> None:
    async with listening(mosquitto) as listener, running(mosquitto) as notifier:
        await notifier.send(notice())
        await listener.until("maskwatch/status", b"online")
        trial = await asyncio.to_thread(create_notifier, "mqtt", options(mosquitto), name="test", trial=True)
        await trial.send(notice(2, action="test"))
        await listener.until("maskwatch/test")
        await trial.close()
        await notifier.send(notice(3))
        assert [said for topic, said in listener.said if topic == "maskwatch/status"] == [b"online"]


async def test_home_assistant_finds_each_camera_as_a_device(mosquitto: Mosquitto) -> None:
    async with running(mosquitto) as notifier:
        notifier.camera_state("lobby", "online")
        notifier.people("lobby", {"compliant": 2, "no_mask": 1})
        async with listening(mosquitto) as listener:
            found = {
                name: json.loads(await listener.until(f"homeassistant/{name}/config"))
                for name in (
                    "binary_sensor/maskwatch_lobby/no_mask",
                    "sensor/maskwatch_lobby/people",
                    "sensor/maskwatch_lobby/state",
                    "image/maskwatch_lobby/picture",
                )
            }
            assert len({config["unique_id"] for config in found.values()}) == 4
            for config in found.values():
                assert config["device"]["identifiers"] == ["maskwatch_lobby"]
                assert config["availability_topic"] == "maskwatch/status"
            values = {
                name: await listener.until(config["state_topic"])
                for name, config in found.items()
                if "state_topic" in config
            }
            assert list(values.values()) == [b"ON", b"3", b"online"]
            notifier.people("lobby", {"compliant": 3})
            await listener.until("maskwatch/cameras/lobby/no_mask", b"OFF")
            notifier.camera_removed("lobby")
            await listener.until("homeassistant/sensor/maskwatch_lobby/people/config", b"")
            await listener.until("maskwatch/cameras/lobby/state", b"")


async def test_what_is_said_while_the_broker_takes_its_time_is_told_after_it(mosquitto: Mosquitto) -> None:
    topic = "maskwatch/cameras/lobby/state"
    async with (
        SlowAnswers(mosquitto, until_heard=b"stalled") as slow,
        listening(mosquitto) as listener,
        running(mosquitto, port=slow.port) as notifier,
    ):
        notifier.camera_state("lobby", "online")
        await listener.until(topic, b"online")
        notifier.camera_state("lobby", "stalled")
        await listener.until(topic, b"stalled")
        notifier.camera_removed("lobby")
        slow.go_on.set()
        await listener.until(topic, b"")
        notifier.camera_state("attic", "online")
        await listener.until("maskwatch/cameras/attic/state", b"online")


async def test_a_camera_that_is_back_at_once_is_a_device_again(mosquitto: Mosquitto) -> None:
    config = "homeassistant/sensor/maskwatch_lobby/people/config"
    async with running(mosquitto) as notifier:
        async with listening(mosquitto) as listener:
            notifier.camera_state("lobby", "online")
            await listener.until("maskwatch/cameras/lobby/state", b"online")
            notifier.camera_removed("lobby")
            notifier.camera_state("lobby", "connecting")
            await listener.until("maskwatch/cameras/lobby/state", b"connecting")
        async with listening(mosquitto) as later:
            assert json.loads(await later.until(config))["device"]["identifiers"] == ["maskwatch_lobby"]


@pytest.mark.parametrize("state", ["offline", "disabled"])
async def test_nobody_is_in_view_of_a_camera_that_is_away(sqlite_post: Post, mosquitto: Mosquitto, state: str) -> None:
    switchboard = sqlite_post.switchboard
    switchboard.camera_state("lobby", "online")
    switchboard.look(look("lobby"))
    switchboard.camera_state("lobby", state)
    switchboard.look(look("lobby"))  # at its last picture, which was on its way
    async with listening(mosquitto) as listener:
        await sqlite_post.run("broker", "mqtt", options(mosquitto))
        assert await listener.until("maskwatch/cameras/lobby/people") == b"0"
        assert await listener.until("maskwatch/cameras/lobby/no_mask") == b"OFF"
        switchboard.camera_state("lobby", "online")
        switchboard.look(look("lobby"))
        await listener.until("maskwatch/cameras/lobby/no_mask", b"ON")


async def test_after_the_broker_was_away_everything_is_told_again(mosquitto: Mosquitto) -> None:
    async with running(mosquitto) as notifier:
        notifier.camera_state("lobby", "online")
        await notifier.send(notice(1))
        await asyncio.to_thread(mosquitto.stop)
        notifier.camera_state("lobby", "offline")
        async with asyncio.timeout(30):
            with pytest.raises(SinkError) as caught:
                await _send_until_it_fails(notifier)
        assert caught.value.retryable
        await asyncio.to_thread(mosquitto.start)
        async with listening(mosquitto) as listener:
            # The broker forgot everything; so this is said anew.
            assert await listener.until("maskwatch/status") == b"online"
            assert await listener.until("maskwatch/cameras/lobby/state") == b"offline"
            await listener.until("homeassistant/sensor/maskwatch_lobby/people/config")
            await notifier.send(notice(3))
            await listener.until("maskwatch/cameras/lobby/alert")


async def _send_until_it_fails(notifier: Mqtt) -> None:
    while True:
        await notifier.send(notice(2))


async def test_a_wrong_password_is_said_in_words(mosquitto: Mosquitto) -> None:
    async with running(mosquitto, password=SECRET) as notifier:
        with pytest.raises(SinkError) as caught:
            await notifier.send(notice())
    assert "the user or the password" in caught.value.message
    assert SECRET not in str(caught.value)


async def test_a_process_that_vanishes_leaves_its_last_will(mosquitto: Mosquitto) -> None:
    script = (
        "import asyncio, sys\n"
        "from maskwatch.notifiers.mqtt import Mqtt, MqttConfig\n"
        "async def main():\n"
        f"    notifier = Mqtt(MqttConfig.model_validate({options(mosquitto)!r}))\n"
        "    notifier.camera_state('lobby', 'online')\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    async with listening(mosquitto) as listener:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
        await listener.until("maskwatch/status", b"online")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await listener.until("maskwatch/status", b"offline")


@pytest.mark.parametrize(
    "changes", [{"prefix": "a/#"}, {"prefix": "/a"}, {"discovery_prefix": "+"}, {"host": ""}, {"username": None}]
)
async def test_broken_options_are_refused(mosquitto: Mosquitto, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        await asyncio.to_thread(create_notifier, "mqtt", options(mosquitto, **changes), name="broker")
    assert PASSWORD not in str(caught.value)
