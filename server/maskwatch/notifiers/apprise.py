"""The other hundred services (ntfy, Telegram, Slack, Signal, Matrix…) by Apprise, in a thread of its own."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from pydantic import SecretStr, field_validator

from maskwatch.core.notices import Notice, Notifier
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.base import Language, NotifierConfig
from maskwatch.notifiers.words import body, title
from maskwatch.plugins import Plugin

_STATUS = re.compile(r"error[=: ]+(\d{3})\b")
_NEVER = frozenset({"400", "413", "422"})
_LOCAL = frozenset({"dbus", "gnome", "kde", "glib", "macosx", "qt", "syslog", "windows"})
"""Services that are no address but this very machine's desktop or log."""
_URGENT = frozenset({"no_mask", "incorrect"})


class AppriseConfig(NotifierConfig):
    """Settings of a service that Apprise knows."""

    type: Literal["apprise"] = "apprise"
    url: SecretStr
    """Its address as Apprise writes it, such as `ntfy://ntfy.sh/my-topic` or `tgram://bot-token/chat-id`."""
    language: Language = "en"
    """Language of the notices: `en` or `id`."""

    @field_validator("url")
    @classmethod
    def _names_a_service(cls, url: SecretStr) -> SecretStr:
        scheme, colon, rest = url.get_secret_value().strip().partition("://")
        if not colon or not rest:
            msg = "expected an address such as ntfy://ntfy.sh/my-topic"
            raise ValueError(msg)
        if scheme.lower() in _LOCAL:
            msg = f"{scheme.lower()} is this machine itself, not a service"
            raise ValueError(msg)
        return SecretStr(url.get_secret_value().strip())


class AppriseNotifier:
    """One service. A thread of its own: one that hangs holds up nobody else."""

    def __init__(self, config: AppriseConfig) -> None:
        import apprise  # noqa: PLC0415
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415

        self._config = config
        self._types = apprise.NotifyType
        self._attachment: Any = AttachMemory
        asset = apprise.AppriseAsset(
            app_id="maskwatch", app_desc="maskwatch", secure_logging=True, async_mode=False, plugin_paths=[]
        )
        self._service = apprise.Apprise(asset=asset)
        if not self._service.add(config.url.get_secret_value()):
            raise ConfigError(
                "Apprise makes nothing of the address of this notifier.",
                remedy="https://appriseit.com/services lists the services and how their addresses are written.",
                code="notifier_invalid",
            )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apprise")
        self._running: asyncio.Future[str] | None = None

    async def send(self, notice: Notice) -> str:
        """See `Notifier.send`."""
        if self._running is not None and not self._running.done():
            raise SinkError(
                "The service is still busy with the last try.", remedy="It is tried again.", code="sink_timeout"
            )
        loop = asyncio.get_running_loop()
        self._running = loop.run_in_executor(self._thread, self._send, notice)
        # Nobody may be left who asks for the outcome of a try that took too long.
        self._running.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(self._config.timeout_s):
                return await asyncio.shield(self._running)
        except TimeoutError:
            raise SinkError(
                f"The service did not answer within {self._config.timeout_s:g} s.",
                remedy="Check its address, and that this machine can reach it.",
                code="sink_timeout",
            ) from None

    async def close(self) -> None:
        """See `Notifier.close`."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, notice: Notice) -> str:
        said: list[str] = []

        def listen(entry: Any, _service: Any = None) -> None:
            said.append(str(getattr(entry, "message", entry)))

        urgent = notice.action == "raised" and notice.kind in _URGENT
        link = f"\n{notice.link}" if notice.link else ""
        pictures = [
            self._attachment(content=picture.jpeg, name=f"{picture.name}.jpg", mimetype="image/jpeg")
            for picture in notice.pictures
        ]
        taken = self._service.notify(
            title=title(notice, self._config.language),
            body=f"{body(notice, self._config.language)}{link}",
            notify_type=self._types.WARNING if urgent else self._types.INFO,
            attach=pictures or None,
            log_callback=listen,
        )
        if taken:
            return "The service took the notice."
        # What Apprise says may repeat parts of the address; only the number is passed on.
        status = next((found.group(1) for found in map(_STATUS.search, said) if found), None)
        answer = f"answered {status}" if status else "did not take the notice, or can't be reached"
        raise SinkError(
            f"The service {answer}.",
            remedy="Check its address, token and topic, and that this machine can reach it.",
            code="sink_refused" if status else "sink_unreachable",
            retryable=status not in _NEVER,
        )


def _create(config: AppriseConfig, **_: object) -> Notifier:
    return AppriseNotifier(config)


PLUGIN: Plugin[Notifier] = Plugin(type="apprise", config=AppriseConfig, create=_create)
