"""A push service in place of the browser makers' ones; what a browser would do is done here with the same library."""

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maskwatch.core.notices import Notifier
from maskwatch.errors import ConfigError, SinkError, StoreError
from maskwatch.notifiers.registry import create_notifier
from maskwatch.notifiers.vapid import KEY_FILE, VapidKey
from tests.integration.notifiers.parts import SECRET, notice
from tests.servers.http import Receiver


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Browser:
    """What a browser keeps of its subscription."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    def options(self, endpoint: str) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": endpoint, "p256dh": url64(point), "auth": url64(self.auth), "browser": "Test"}

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


async def make(browser: Browser, address: str, vapid: VapidKey, **options: Any) -> Notifier:
    values = {**browser.options(address), **options}
    return await asyncio.to_thread(create_notifier, "webpush", values, name="browser", vapid=vapid)


async def test_only_the_browser_can_read_it_and_it_knows_who_sent_it(receiver: Receiver, vapid: VapidKey) -> None:
    receiver.answer = lambda _: 201
    browser = Browser()
    notifier = await make(browser, f"{receiver.url}/push/abc", vapid)
    await notifier.send(notice())
    await notifier.close()
    (taken,) = receiver.taken
    assert b"lobby" not in taken.body
    assert len(taken.body) < 4096
    shown = browser.read(taken.body)
    assert shown["title"] == "No mask: lobby"
    assert shown["path"] == f"/alerts/{notice().alert['id']}"
    assert shown["icon"] == f"/api/v1/alerts/{notice().alert['id']}/face.jpg"
    scheme, _, fields = taken.headers["Authorization"].partition(" ")
    token, key = (part.strip().partition("=")[2] for part in fields.split(","))
    assert (scheme, key) == ("vapid", vapid.public)
    header, claims, sign = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["aud"] == receiver.url
    raw = base64.urlsafe_b64decode(sign + "==")
    encoded = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(key + "=="))
    sender.verify(encoded, f"{header}.{claims}".encode(), ec.ECDSA(SHA256()))  # raises if it is not theirs
    assert (taken.headers["Urgency"], taken.headers["Content-Encoding"]) == ("high", "aes128gcm")


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (429, False), (500, False)])
async def test_a_browser_that_unsubscribed_is_gone(
    receiver: Receiver, vapid: VapidKey, status: int, *, gone: bool
) -> None:
    receiver.answer = lambda _: status
    notifier = await make(Browser(), f"{receiver.url}/{SECRET}", vapid)
    with pytest.raises(SinkError) as caught:
        await notifier.send(notice())
    await notifier.close()
    assert caught.value.gone is gone
    assert caught.value.retryable is not gone
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"endpoint": f"http://push.example/{SECRET}"}, {"p256dh": SECRET}, {"auth": "***"}, {"x": SECRET}]
)
async def test_what_is_no_subscription_is_refused(vapid: VapidKey, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        await make(Browser(), "https://push.example/abc", vapid, **options)
    assert SECRET not in str(caught.value)


async def test_the_key_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    first = await asyncio.to_thread(VapidKey.open, tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (await asyncio.to_thread(VapidKey.open, tmp_path)).public == first.public
    (tmp_path / KEY_FILE).write_text("no key")
    with pytest.raises(StoreError, match="damaged"):
        await asyncio.to_thread(VapidKey.open, tmp_path)
