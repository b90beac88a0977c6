import asyncio
import base64
import hashlib
import hmac
import json
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from maskwatch.config import TlsMode, TlsSettings
from maskwatch.core.notices import Notifier
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.registry import create_notifier
from maskwatch.web.tls import make_tls
from tests.integration.notifiers.parts import JPEG, SECRET, notice
from tests.servers.http import Receiver


async def make(receiver: Receiver, **options: Any) -> Notifier:
    values = {"url": f"{receiver.url}/hook", **options}
    return await asyncio.to_thread(create_notifier, "webhook", values, name="desk")


async def send(receiver: Receiver, number: int = 1, **options: Any) -> str:
    notifier = await make(receiver, **options)
    try:
        return await notifier.send(notice(number))
    finally:
        await notifier.close()


async def refused(receiver: Receiver, **options: Any) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await send(receiver, **options)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None or SECRET not in str(caught.value.__context__)
    return caught.value


async def test_it_posts_the_notice_signed(receiver: Receiver) -> None:
    said = await send(receiver, secret=SECRET, headers={"X-Team": "night shift"})
    assert said == "127.0.0.1 answered 204 No Content."
    (taken,) = receiver.taken
    assert (taken.method, taken.path) == ("POST", "/hook")
    assert taken.headers["Content-Type"] == "application/json"
    assert taken.headers["Maskwatch-Event"] == "raised"
    assert taken.headers["X-Team"] == "night shift"
    assert taken.key == notice().key == taken.json["key"]
    assert taken.json["alert"] == dict(notice().alert)
    assert taken.json["link"] == notice().link
    assert [picture["name"] for picture in taken.json["pictures"]] == ["face", "frame"]
    assert base64.b64decode(taken.json["pictures"][0]["base64"]) == JPEG
    # The check as docs/notifications.md shows it.
    signed = taken.headers["Maskwatch-Timestamp"].encode() + b"." + taken.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(taken.headers["Maskwatch-Signature"], f"sha256={expected}")


async def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    await send(receiver, pictures="none")
    assert "Maskwatch-Signature" not in receiver.taken[0].headers
    assert "pictures" not in receiver.taken[0].json


async def test_pictures_can_be_parts_of_a_form(receiver: Receiver) -> None:
    await send(receiver, pictures="multipart")
    (taken,) = receiver.taken
    head = b"Content-Type: " + taken.headers["Content-Type"].encode() + b"\r\n\r\n"
    parts: Any = BytesParser().parsebytes(head + taken.body).get_payload()
    assert [part.get_param("name", header="Content-Disposition") for part in parts] == ["notice", "face", "frame"]
    assert json.loads(parts[0].get_payload(decode=True))["key"] == notice().key
    assert parts[1].get_content_type() == "image/jpeg"
    assert parts[1].get_payload(decode=True) == JPEG


async def test_a_template_makes_the_body(receiver: Receiver) -> None:
    await send(
        receiver,
        template='{"text": {{ (alert.kind ~ " at " ~ alert.camera) | tojson }}}',
        content_type="application/json; charset=utf-8",
        method="PUT",
    )
    (taken,) = receiver.taken
    assert taken.method == "PUT"
    assert taken.json == {"text": "no_mask at lobby"}
    assert taken.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_a_template_that_does_not_parse_is_refused_at_once(receiver: Receiver) -> None:
    with pytest.raises(ConfigError, match="template"):
        await make(receiver, template="{{ alert.kind ")


@pytest.mark.parametrize(
    "template",
    ["{{ alert.kind + 1 }}", "{{ alert.a.b }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ 1 / 0 }}"],
)
async def test_a_template_that_fails_is_no_reason_to_try_again(receiver: Receiver, template: str) -> None:
    error = await refused(receiver, template=template)
    assert error.code == "sink_template"
    assert not error.retryable
    assert not receiver.taken


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(500, True), (503, True), (429, True), (401, True), (404, True), (302, True), (400, False), (422, False)],
)
async def test_a_refusal_says_what_was_answered(receiver: Receiver, status: int, *, retryable: bool) -> None:
    receiver.answer = lambda _: status
    receiver.headers = {"Location": f"{receiver.url}/elsewhere", "Retry-After": "7"}
    error = await refused(receiver, url=f"{receiver.url}/hook?token={SECRET}", secret=SECRET)
    assert str(status) in error.message
    assert error.retryable is retryable
    assert error.retry_after_s == 7
    assert len(receiver.taken) == 1, "redirects are not followed"


async def test_a_slow_receiver_is_given_up_on(receiver: Receiver) -> None:
    receiver.hold = asyncio.Event()
    error = await refused(receiver, timeout_s=0.2)
    assert error.code == "sink_timeout"
    assert error.retryable


async def test_nobody_listening_is_said(receiver: Receiver) -> None:
    await receiver.stop()
    error = await refused(receiver)
    assert (error.code, error.retryable) == ("sink_unreachable", True)


async def test_a_certificate_is_checked(tmp_path: Path) -> None:
    tls = await asyncio.to_thread(make_tls, TlsSettings(mode=TlsMode.SELF_SIGNED), tmp_path)
    assert tls is not None
    receiver = Receiver()
    await receiver.start(tls=tls.context)
    url = f"https://127.0.0.1:{receiver.port}/"
    try:
        assert (await refused(receiver, url=url)).code == "sink_tls"
        assert not receiver.taken
        await send(receiver, url=url, ca_file=str(tmp_path / "tls" / "certificate.pem"))
        await send(receiver, url=url, verify_tls=False)
        assert len(receiver.taken) == 2
    finally:
        await receiver.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://host/"},
        {"url": "https:///path"},
        {"url": "http://host:99999/"},
        {"headers": {"a b": "c"}},
        {"headers": {"a": f"{SECRET}\r\nInjected: yes"}},
        {"content_type": "text/html\r\nX: y"},
        {"timeout_s": 0},
        {"ca_file": "/no/such/file"},
        {"secrets": SECRET},
    ],
)
async def test_broken_options_are_refused_without_repeating_them(receiver: Receiver, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        await make(receiver, **options)
    assert SECRET not in str(caught.value)
