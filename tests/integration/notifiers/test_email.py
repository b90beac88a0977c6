import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from maskwatch.config import TlsMode, TlsSettings
from maskwatch.errors import ConfigError, SinkError
from maskwatch.notifiers.registry import create_notifier
from maskwatch.web.tls import make_tls
from tests.integration.notifiers.parts import JPEG, SECRET, notice
from tests.servers.smtp import PASSWORD, USER, MailServer

StartMail = Callable[..., MailServer]


@pytest.fixture
def start_mail() -> Iterator[StartMail]:
    servers: list[MailServer] = []

    def start(**options: Any) -> MailServer:
        servers.append(MailServer(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    made = make_tls(TlsSettings(mode=TlsMode.SELF_SIGNED), tmp_path)
    assert made is not None
    return made.context, str(tmp_path / "tls" / "certificate.pem")


async def send(server: MailServer, number: int = 1, **options: Any) -> str:
    values = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "watch@masks.example",
        "recipients": ["nurse@ward.example", "desk@ward.example"],
        "timeout_s": 5,
        **options,
    }
    notifier = await asyncio.to_thread(create_notifier, "email", values, name="mail")
    return await notifier.send(notice(number))


async def refused(server: MailServer, **options: Any) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await send(server, **options)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    return caught.value


async def test_it_mails_the_notice_with_its_pictures(start_mail: StartMail) -> None:
    server = start_mail()
    assert await send(server) == "127.0.0.1 took the mail."
    (mail,) = server.mails
    assert mail["Subject"] == "No mask: lobby"
    assert mail["To"] == mail["X-Recipients"] == "nurse@ward.example, desk@ward.example"
    assert mail["Message-ID"] == f"<{notice().key}@maskwatch>"
    text = mail.get_body()
    assert text is not None
    assert "Raised at" in text.get_content()
    assert "https://masks.example/alerts/" in text.get_content()
    pictures = list(mail.iter_attachments())
    assert [picture.get_filename() for picture in pictures] == ["face.jpg", "frame.jpg"]
    assert pictures[0].get_content() == JPEG


async def test_mails_come_in_the_language_asked_for(start_mail: StartMail) -> None:
    server = start_mail()
    await send(server, language="id")
    assert server.mails[0]["Subject"] == "Tanpa masker: lobby"


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_it_encrypts_checks_the_certificate_and_logs_in(
    start_mail: StartMail, tls: tuple[ssl.SSLContext, str], *, implicit: bool
) -> None:
    context, certificate = tls
    server = start_mail(tls=context, password=True, implicit=implicit)
    security = "tls" if implicit else "starttls"
    login: dict[str, Any] = {"username": USER, "password": PASSWORD, "security": security}
    # A certificate that nobody vouches for gets no password.
    untrusted = await refused(server, **login)
    assert untrusted.code == "sink_unreachable"
    await send(server, **login, ca_file=certificate)
    assert len(server.mails) == 1
    wrong = await refused(server, **{**login, "password": SECRET}, ca_file=certificate)
    assert "the user or the password" in wrong.message
    assert wrong.retryable


async def test_a_server_without_encryption_gets_no_mail_that_must_be_encrypted(start_mail: StartMail) -> None:
    server = start_mail()
    await refused(server, security="starttls")
    assert not server.mails


@pytest.mark.parametrize(
    ("answer", "retryable"), [("451 later", True), ("552 too large", False), ("554 no", False), ("550 no", True)]
)
async def test_a_refused_mail_says_so(start_mail: StartMail, answer: str, *, retryable: bool) -> None:
    server = start_mail()
    server.answer = answer
    error = await refused(server)
    assert answer[:3] in error.message
    assert error.retryable is retryable


async def test_whom_the_server_does_not_know(start_mail: StartMail) -> None:
    server = start_mail()
    server.refused_recipients = {"desk@ward.example": "550 who?"}
    with capture_logs() as logs:
        assert "1 of 2 recipients" in await send(server)
    assert [(entry["refused"], entry["codes"]) for entry in logs] == [(1, [550])], "nobody reads what the server said"
    assert server.mails[0]["X-Recipients"] == "nurse@ward.example"
    server.refused_recipients["nurse@ward.example"] = "450 later"
    assert "recipients" in (await refused(server)).message


async def test_a_slow_or_missing_server(start_mail: StartMail) -> None:
    server = start_mail()
    server.delay_s = 3
    assert (await refused(server, timeout_s=0.3)).code == "sink_timeout"
    await asyncio.to_thread(server.stop)
    assert (await refused(server)).code == "sink_unreachable"


@pytest.mark.parametrize(
    "options",
    [
        {"sender": "nobody"},
        {"sender": "a@b\r\nBcc: x@y"},
        {"recipients": []},
        {"recipients": ["a@b, c@d"]},
        {"username": "me"},
        {"port": 0},
        {"pasword": SECRET},
    ],
)
async def test_broken_options_are_refused(options: dict[str, Any]) -> None:
    values = {"host": "mail", "sender": "a@b.example", "recipients": ["c@d.example"], **options}
    with pytest.raises(ConfigError) as caught:
        await asyncio.to_thread(create_notifier, "email", values, name="mail")
    assert SECRET not in str(caught.value)
