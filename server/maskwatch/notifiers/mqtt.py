"""An MQTT broker: notices of alerts, what each camera is doing, and Home Assistant's discovery.

Topics under the prefix: `status` (online, offline by last will), `cameras/NAME/alert` (JSON, QoS 1, not kept),
`cameras/NAME/picture` (JPEG), and kept ones: `cameras/NAME/state`, `people` (how many), `no_mask` (ON or OFF).
"""

import asyncio
import json
import ssl
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import structlog
from pydantic import Field, FilePath, SecretStr, model_validator

from maskwatch.core.notices import TEST_ACTION, Notice, Notifier
from maskwatch.errors import SinkError
from maskwatch.notifiers.base import NotifierConfig, tls_context
from maskwatch.notifiers.home_assistant import discovery
from maskwatch.notifiers.payload import payload
from maskwatch.pipeline.backoff import Backoff
from maskwatch.plugins import Plugin

if TYPE_CHECKING:
    import aiomqtt

_log = structlog.get_logger(__name__)

_ONLINE, _OFFLINE = "online", "offline"
_GOODBYE_S = 2.0
_BARE = ("no_mask", "incorrect")
_REFUSED_LOGIN = frozenset({4, 5, 134, 135})
"""CONNACK codes of MQTT 3 and 5: bad user or password, not authorised."""
_TOPIC = r"^[^+#\x00/][^+#\x00]*$"


class MqttConfig(NotifierConfig):
    """Settings of an MQTT broker."""

    type: Literal["mqtt"] = "mqtt"
    host: str = Field(min_length=1, max_length=253)
    """The broker's name or address."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Its port; 1883, or 8883 with `tls`, unless another is given."""
    username: str | None = Field(default=None, max_length=254)
    """User there, if it asks for one."""
    password: SecretStr | None = None
    """The user's password."""
    tls: bool = False
    """Whether the connection is encrypted."""
    verify_tls: bool = True
    """Whether the certificate must be one that this machine, or `ca_file`, vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the broker's authority (or its certificate itself)."""
    prefix: str = Field(default="maskwatch", max_length=100, pattern=_TOPIC)
    """What all topics begin with. Two servers on one broker need two."""
    home_assistant: bool = True
    """Whether each camera shows up in Home Assistant by itself."""
    discovery_prefix: str = Field(default="homeassistant", max_length=100, pattern=_TOPIC)
    """Where Home Assistant looks for new devices."""

    @model_validator(mode="after")
    def _user_for_a_password(self) -> "MqttConfig":
        if self.password is not None and self.username is None:
            msg = "a password needs a username"
            raise ValueError(msg)
        return self


class Mqtt:
    """Keeps one connection open, from its first use on, and opens it again when it breaks.

    With `trial` it only sends notices and leaves the status topic alone: that one may be another's, who is at work.
    """

    def __init__(self, config: MqttConfig, *, trial: bool = False) -> None:
        import aiomqtt  # noqa: PLC0415

        self._mqtt = aiomqtt
        self._config = config
        self._trial = trial
        self._tls: ssl.SSLContext | None = tls_context(config.ca_file, verify=config.verify_tls) if config.tls else None
        self._identifier = f"maskwatch-{uuid.uuid4().hex[:12]}"
        self._status_topic = f"{config.prefix}/status"
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        """Set once the present try to connect has come to something."""
        self._problem: SinkError | None = None
        self._kept: dict[str, str] = {}
        """What each kept topic says now."""
        self._dirty: set[str] = set()
        self._changed = asyncio.Event()

    # ---- notices ----

    async def send(self, notice: Notice) -> str:
        """See `Notifier.send`."""
        client = await self._connection()
        camera = notice.camera
        topic = f"{self._config.prefix}/cameras/{camera}/alert"
        if notice.action == TEST_ACTION:
            topic = f"{self._config.prefix}/test"
        try:
            async with asyncio.timeout(self._config.timeout_s):
                if notice.action == "raised" and notice.pictures:
                    newest = f"{self._config.prefix}/cameras/{camera}/picture"
                    await client.publish(newest, notice.pictures[-1].jpeg, qos=1)
                await client.publish(topic, json.dumps(payload(notice, with_pictures=False)), qos=1)
        except TimeoutError:
            raise self._slow() from None
        except self._mqtt.MqttError as error:
            raise self._lost(error) from None
        return f"The broker {self._config.host} took the notice at {topic}."

    async def close(self) -> None:
        """See `Notifier.close`."""
        if self._task is None:
            return
        if self._client is not None and not self._trial:
            # Said by ourselves: the broker tells the last will only of those who vanish.
            with suppress(self._mqtt.MqttError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._client.publish(self._status_topic, _OFFLINE, qos=1, retain=True)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    # ---- what the cameras are doing ----

    def camera_state(self, camera: str, state: str) -> None:
        """See `LiveNotifier.camera_state`."""
        if not self._kept.get(f"{self._base(camera)}/state"):  # new, or removed and back
            if self._config.home_assistant:
                for topic, values in self._discovery(camera).items():
                    self._keep(topic, values)
            self.people(camera, {})
        self._keep(f"{self._base(camera)}/state", state)

    def camera_removed(self, camera: str) -> None:
        """See `LiveNotifier.camera_removed`."""
        gone = [f"{self._base(camera)}/{what}" for what in ("state", "people", "no_mask")]
        for topic in (*gone, *self._discovery(camera)):
            if topic in self._kept:
                self._keep(topic, "")  # an empty message takes a kept one away

    def people(self, camera: str, counts: Mapping[str, int]) -> None:
        """See `LiveNotifier.people`."""
        self._keep(f"{self._base(camera)}/people", str(sum(counts.values())))
        self._keep(f"{self._base(camera)}/no_mask", "ON" if any(counts.get(state) for state in _BARE) else "OFF")

    def _base(self, camera: str) -> str:
        return f"{self._config.prefix}/cameras/{camera}"

    def _discovery(self, camera: str) -> Mapping[str, str]:
        return discovery(
            camera,
            prefix=self._config.prefix,
            discovery_prefix=self._config.discovery_prefix,
            status_topic=self._status_topic,
        )

    def _keep(self, topic: str, text: str) -> None:
        self._start()
        if self._kept.get(topic) != text:
            self._kept[topic] = text
            self._dirty.add(topic)
            self._changed.set()

    # ---- the connection ----

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._stay_connected(), name=f"mqtt-{self._config.host}")

    async def _connection(self) -> "aiomqtt.Client":
        """The open connection; waits for the try that is going on."""
        self._start()
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await self._settled.wait()
        except TimeoutError:
            raise self._slow() from None
        if self._client is None:
            raise self._problem or self._slow()
        return self._client

    async def _stay_connected(self) -> None:
        backoff = Backoff(longest_s=60.0)
        while True:
            try:
                await self._connect_once(backoff)
            except self._mqtt.MqttError as error:
                self._problem = self._lost(error)
            # The supervisor of the connection: whatever went wrong, it is opened again.
            except Exception as error:  # noqa: BLE001
                _log.error("the connection to an MQTT broker failed unexpectedly", exc_info=error)
                self._problem = self._lost(error)
            self._client = None
            self._settled.set()
            await asyncio.sleep(backoff.next_s())
            self._settled.clear()

    async def _connect_once(self, backoff: Backoff) -> None:
        """Connect, tell everything that is kept, then what changes; ends with the connection, by an error."""
        config = self._config
        will = None if self._trial else self._mqtt.Will(self._status_topic, _OFFLINE, qos=1, retain=True)
        async with self._mqtt.Client(
            config.host,
            config.port or (8883 if config.tls else 1883),
            username=config.username,
            password=config.password.get_secret_value() if config.password else None,
            identifier=self._identifier,
            tls_context=self._tls,
            will=will,
            timeout=config.timeout_s,
            keepalive=15,
        ) as client:
            if not self._trial:
                await client.publish(self._status_topic, _ONLINE, qos=1, retain=True)
            self._dirty = set(self._kept)
            self._changed.set()
            self._client, self._problem = client, None
            self._settled.set()
            backoff.reset()
            parts = [
                asyncio.create_task(self._tell_changes(client), name="mqtt-news"),
                asyncio.create_task(self._wait_for_the_end(client), name="mqtt-end"),
            ]
            try:
                ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                ended.pop().result()
            finally:
                self._client = None
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)

    async def _wait_for_the_end(self, client: "aiomqtt.Client") -> None:
        async for _message in client.messages:
            pass  # nothing is subscribed to; it raises when the connection breaks

    async def _tell_changes(self, client: "aiomqtt.Client") -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            # Cameras first: Home Assistant must know an entity before it takes its state.
            for topic in sorted(self._dirty, key=lambda topic: not topic.endswith("/config")):
                self._dirty.discard(topic)
                text = self._kept[topic]
                await client.publish(topic, text or None, qos=1, retain=True)
                # While the broker took this, the topic may have been given another text, which is told next.
                if not text and topic not in self._dirty:
                    del self._kept[topic]

    def _slow(self) -> SinkError:
        return SinkError(
            f"The broker {self._config.host} did not answer within {self._config.timeout_s:g} s.",
            remedy="Check its address and port, and that it runs.",
            code="sink_timeout",
        )

    def _lost(self, error: Exception) -> SinkError:
        code = getattr(getattr(error, "rc", None), "value", getattr(error, "rc", None))
        if code in _REFUSED_LOGIN:
            return SinkError(
                f"The broker {self._config.host} refuses the user or the password.", remedy="Check both.",
                code="sink_refused",
            )  # fmt: skip
        return SinkError(
            f"The broker {self._config.host} can't be reached, or the connection broke.",
            remedy="Check its address, its port and whether it wants TLS, and that it runs.",
            code="sink_unreachable",
        )


def _create(config: MqttConfig, *, trial: bool = False, **_: object) -> Notifier:
    return Mqtt(config, trial=trial)


PLUGIN: Plugin[Notifier] = Plugin(type="mqtt", config=MqttConfig, create=_create)
