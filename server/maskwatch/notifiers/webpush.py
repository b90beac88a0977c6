"""One browser, by Web Push: the notice shows on a phone or a computer although no page is open.

The text is encrypted for that browser alone; the push service in between can't read it. Pictures don't go along: the
browser fetches them from this server.
"""

import asyncio
import base64
import binascii
import json
import os
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from maskwatch.core.notices import TEST_ACTION, Notice, Notifier
from maskwatch.errors import SinkError
from maskwatch.notifiers.base import Language, NotifierConfig
from maskwatch.notifiers.http import HttpClient, Remedies
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.notifiers.words import body, title
from maskwatch.plugins import Plugin

_KEPT_S = 24 * 3600
"""How long the push service keeps a notice for a phone that is off."""
_POINT_BYTES = 65
_SECRET_BYTES = 16
_GONE = frozenset({404, 410})
_NEVER = frozenset({400, 413})


class WebPushConfig(NotifierConfig):
    """A browser's subscription. The button in the settings fills it in."""

    type: Literal["webpush"] = "webpush"
    endpoint: SecretStr
    """Address at the browser's push service."""
    p256dh: SecretStr
    """The browser's public key."""
    auth: SecretStr
    """The secret that the browser shares with its subscription."""
    browser: str = Field(default="", max_length=100)
    """What browser it is."""
    language: Language = "en"
    """Language of the notices: `en` or `id`."""

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: SecretStr) -> SecretStr:
        parts = urlsplit(endpoint.get_secret_value())
        is_local = parts.hostname in ("127.0.0.1", "localhost")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
            msg = "expected an https address"
            raise ValueError(msg)
        return endpoint

    @field_validator("p256dh", "auth")
    @classmethod
    def _is_base64(cls, value: SecretStr) -> SecretStr:
        try:
            length = len(_decoded(value))
        except (binascii.Error, ValueError):
            length = 0
        if length not in (_POINT_BYTES, _SECRET_BYTES):
            msg = "expected what the browser's subscription gives"
            raise ValueError(msg)
        return value


class WebPush:
    """Sends to one browser."""

    def __init__(self, config: WebPushConfig, vapid: VapidKey) -> None:
        import http_ece  # noqa: PLC0415

        self._config = config
        self._vapid = vapid
        self._encrypt = http_ece.encrypt
        parts = urlsplit(config.endpoint.get_secret_value())
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._who = f"The push service {parts.hostname or ''}"
        remedy = "Check that this machine reaches the internet."
        self._http = HttpClient(Remedies(who=self._who, late=remedy, unreachable=remedy), timeout_s=config.timeout_s)

    async def send(self, notice: Notice) -> str:
        """See `Notifier.send`."""
        data, authorization = await asyncio.to_thread(self._sealed, notice)
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_KEPT_S),
            "Urgency": "high" if notice.action in ("raised", "escalated", TEST_ACTION) else "normal",
        }
        status, _ = await self._http.send("POST", self._config.endpoint.get_secret_value(), data, headers)
        return self._judged(status)

    async def close(self) -> None:
        """See `Notifier.close`."""
        await self._http.close()

    def _judged(self, status: int) -> str:
        if status in range(200, 300):
            return f"{self._who} took the notice."
        if status in _GONE:
            raise SinkError(
                "The browser has given up its subscription.",
                remedy="Subscribe again in that browser.",
                code="sink_gone",
                gone=True,
            )
        raise SinkError(
            f"{self._who} answered {status}.",
            remedy="It is tried again." if status not in _NEVER else "Subscribe again in that browser.",
            code="sink_refused",
            retryable=status not in _NEVER,
        )

    def _sealed(self, notice: Notice) -> tuple[bytes, str]:
        """What only that browser can read, and the header that shows who sends."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

        data = self._encrypt(
            json.dumps(self._shown(notice), ensure_ascii=False).encode(),
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_decoded(self._config.p256dh),
            auth_secret=_decoded(self._config.auth),
            version="aes128gcm",
        )
        return bytes(data), self._vapid.authorization(self._origin)

    def _shown(self, notice: Notice) -> dict[str, Any]:
        alert_id = str(notice.alert.get("id", ""))
        is_test = notice.action == TEST_ACTION
        return {
            "title": title(notice, self._config.language),
            "body": body(notice, self._config.language),
            "tag": TEST_ACTION if is_test else alert_id,
            "path": "/settings" if is_test else f"/alerts/{alert_id}",
            "icon": f"/api/v1/alerts/{alert_id}/face.jpg" if notice.alert.get("has_face") else None,
            "image": f"/api/v1/alerts/{alert_id}/frame.jpg" if notice.alert.get("has_frame") else None,
            "quiet": notice.action not in ("raised", "escalated", TEST_ACTION),
        }


def _decoded(value: SecretStr) -> bytes:
    text = value.get_secret_value()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _create(config: WebPushConfig, *, vapid: VapidKey, **_: object) -> Notifier:
    return WebPush(config, vapid)


PLUGIN: Plugin[Notifier] = Plugin(type="webpush", config=WebPushConfig, create=_create)
