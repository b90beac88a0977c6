"""A mail server (aiosmtpd, in a thread) that can want a password, encrypt, refuse and be slow."""

import asyncio
import socket
import ssl
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "watch@masks.example", "ma1l-s3cret"


class MailServer:
    """Keeps every mail. `answers` says what it says to each mail, by default that it took it."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, password: bool = False, implicit: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.delay_s = 0.0
        self.refused_recipients: dict[str, str] = {}
        self._tls, self._password, self._implicit = tls, password, implicit
        self._controller: Controller | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    def start(self) -> None:
        """Take mail."""
        options: dict[str, Any] = {"authenticator": self._authenticate, "auth_required": self._password}
        if self._implicit:
            options |= {"ssl_context": self._tls, "auth_require_tls": False}
        elif self._tls is not None:
            options |= {"tls_context": self._tls, "require_starttls": True}
        else:
            options["auth_require_tls"] = False
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        """Take no more."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, login: Any) -> AuthResult:
        good = isinstance(login, LoginPassword) and (login.login, login.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (refusal := self.refused_recipients.get(address)) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.delay_s)
        if self.answer.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = BytesParser(_class=EmailMessage, policy=default).parsebytes(content)
            mail["X-Recipients"] = ", ".join(envelope.rcpt_tos)
            self.mails.append(mail)
        return self.answer
