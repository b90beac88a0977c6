"""A webhook: JSON, or what a template makes of it, posted to an address of your choice and signed.

It goes wherever whoever may change the settings says, also into the network of the server: see docs/notifications.md.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, field_validator

from maskwatch.core.notices import Notice, Notifier
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.base import NotifierConfig, tls_context
from maskwatch.notifiers.http import HttpClient, Remedies
from maskwatch.notifiers.payload import payload
from maskwatch.plugins import Plugin

_NEVER = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431, 501})
"""Answers that say that this very notice will not be taken, however often it is sent."""
_LONGEST_WAIT_S = 3600.0


class WebhookConfig(NotifierConfig):
    """Settings of a webhook."""

    type: Literal["webhook"] = "webhook"
    url: SecretStr
    """Where to post to: `https://…` or `http://…`."""
    secret: SecretStr | None = None
    """Shared with the receiver: signs each notice, so that the receiver knows it is from here."""
    method: Literal["POST", "PUT"] = "POST"
    """How to send."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Further headers, such as `Authorization`."""
    pictures: Literal["none", "base64", "multipart"] = "base64"
    """How pictures go along: not, as base64 in the JSON, or as further parts of a multipart form."""
    template: str | None = Field(default=None, max_length=20_000)
    """Jinja template of the body, instead of maskwatch's own JSON."""
    content_type: str = Field(default="application/json", pattern=r"^[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?$")
    """What the template makes."""
    verify_tls: bool = True
    """Whether the certificate must be one that this machine, or `ca_file`, vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the receiver's authority (or its certificate itself)."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(url.get_secret_value().strip())
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if not good:
            msg = "expected an address such as https://example.org/hook"
            raise ValueError(msg)
        return SecretStr(url.get_secret_value().strip())

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not name.replace("-", "").isalnum() or not name.isascii() or not value.get_secret_value().isprintable():
                msg = "a header has a name of letters, digits and -, and a value of one line"
                raise ValueError(msg)
        return headers


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in `Maskwatch-Signature`: HMAC-SHA256 over the timestamp, a full stop and the body."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


class Webhook:
    """Posts notices. Redirects are not followed: what was signed goes where it was meant to go, or nowhere."""

    def __init__(self, config: WebhookConfig) -> None:
        from jinja2 import TemplateError  # noqa: PLC0415
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

        self._config = config
        url = config.url.get_secret_value()
        self._where = urlsplit(url).hostname or ""
        encrypted = url.lower().startswith("https:")
        self._http = HttpClient(
            Remedies(
                who=self._where,
                late="It may have the notice all the same; it is sent again under the same key.",
                unreachable="Check its address, and that it runs.",
            ),
            timeout_s=config.timeout_s,
            tls=tls_context(config.ca_file, verify=config.verify_tls) if encrypted else None,
        )
        self._template_error = TemplateError
        self._template = None
        if config.template is not None:
            try:
                self._template = ImmutableSandboxedEnvironment(autoescape=False).from_string(config.template)
            except TemplateError as error:
                raise ConfigError(
                    f"The template of the webhook is not valid: {error.message}.",
                    remedy="docs/notifications.md shows one.",
                ) from None

    async def send(self, notice: Notice) -> str:
        """See `Notifier.send`."""
        body, content_type = await asyncio.to_thread(self._body, notice)
        headers = {name: value.get_secret_value() for name, value in self._config.headers.items()}
        headers |= self._own_headers(notice, body, content_type)
        status, answered = await self._http.send(
            self._config.method, self._config.url.get_secret_value(), body, headers
        )
        return self._judged(status, answered)

    async def close(self) -> None:
        """See `Notifier.close`."""
        await self._http.close()

    def _own_headers(self, notice: Notice, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "maskwatch",
            "Idempotency-Key": notice.key,
            "Maskwatch-Event": notice.action,
            "Maskwatch-Timestamp": timestamp,
        }
        if self._config.secret is not None:
            headers["Maskwatch-Signature"] = signature(self._config.secret.get_secret_value(), timestamp, body)
        return headers

    def _body(self, notice: Notice) -> tuple[bytes, str]:
        """The body and its type. May take a while: runs in a thread."""
        pictures = self._config.pictures
        values = payload(notice, with_pictures=pictures == "base64")
        content_type = self._config.content_type
        if self._template is None:
            data = json.dumps(values, ensure_ascii=False).encode()
            content_type = "application/json"
        else:
            try:
                data = self._template.render(values).encode()
            except (self._template_error, ValueError, TypeError, ArithmeticError, LookupError) as error:
                raise SinkError(
                    f"The template can't be filled in ({type(error).__name__}).",
                    remedy="Correct the template, then send the dead letters again.",
                    code="sink_template",
                    retryable=False,
                ) from None
        if pictures == "multipart" and notice.pictures:
            return _multipart(notice, data, content_type)
        return data, content_type

    def _judged(self, status: int, headers: Mapping[str, str]) -> str:
        answered = f"{self._where} answered {status} {_phrase(status)}".strip() + "."
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return answered
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            remedy = "Redirects are not followed: give the address that it leads to."
        elif status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            remedy = "Check the secret, the headers and the address."
        else:
            remedy = "See the receiver's own log."
        raise SinkError(
            answered,
            remedy=remedy,
            code="sink_refused",
            retryable=status not in _NEVER,
            retry_after_s=_retry_after_s(headers.get("Retry-After", "")),
        )


def _multipart(notice: Notice, data: bytes, content_type: str) -> tuple[bytes, str]:
    """One part `notice`, and one a picture. The boundary is made of the key: the same again each time."""
    boundary = f"maskwatch-{notice.key}"
    parts = [("notice", "", content_type, data)]
    parts += [(each.name, f'; filename="{each.name}.jpg"', "image/jpeg", each.jpeg) for each in notice.pictures]
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, file, kind, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after_s(value: str) -> float | None:
    return min(float(value), _LONGEST_WAIT_S) if value.isascii() and value.isdigit() else None


def _create(config: WebhookConfig, **_: object) -> Notifier:
    return Webhook(config)


PLUGIN: Plugin[Notifier] = Plugin(type="webhook", config=WebhookConfig, create=_create)
