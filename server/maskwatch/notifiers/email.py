"""E-mail, with the pictures attached. All mails about one alert make one thread."""

import email.message
import email.utils
from typing import Annotated, Literal

import structlog
from pydantic import Field, FilePath, SecretStr, StringConstraints, model_validator

from maskwatch.core.notices import Notice, Notifier
from maskwatch.errors import SinkError
from maskwatch.notifiers.base import Language, NotifierConfig, tls_context
from maskwatch.notifiers.words import body, title
from maskwatch.plugins import Plugin

_log = structlog.get_logger(__name__)

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_PERMANENT = range(500, 600)
_LATER = frozenset({530, 534, 535, 538, 550, 551, 553})
"""Refusals that a change of settings, here or there, mends; what else is refused for good is refused for what it is."""

Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+$")]  # fmt: skip # noqa: E501


class EmailConfig(NotifierConfig):
    """Settings of e-mail."""

    type: Literal["email"] = "email"
    host: str = Field(min_length=1, max_length=253)
    """The server that takes mail from you, such as `smtp.example.org`."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Its port; 587 with `starttls`, 465 with `tls`, 25 with `none`, unless another is given."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted. With `none`, anybody on the way can read the mail and the password."""
    username: str | None = Field(default=None, max_length=254)
    """User there, if it asks for one."""
    password: SecretStr | None = None
    """The user's password."""
    sender: Address
    """The address that mails come from."""
    recipients: tuple[Address, ...] = Field(min_length=1, max_length=50)
    """The addresses that mails go to."""
    language: Language = "en"
    """Language of the mails: `en` or `id`."""
    verify_tls: bool = True
    """Whether the certificate must be one that this machine, or `ca_file`, vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the server's authority (or its certificate itself)."""

    @model_validator(mode="after")
    def _user_has_a_password(self) -> "EmailConfig":
        if (self.username is None) != (self.password is None):
            msg = "give both username and password, or neither"
            raise ValueError(msg)
        return self


class Email:
    """Hands each notice to the mail server over a connection of its own."""

    def __init__(self, config: EmailConfig) -> None:
        import aiosmtplib  # noqa: PLC0415

        self._smtp = aiosmtplib
        self._config = config
        encrypted = config.security != "none"
        self._tls = tls_context(config.ca_file, verify=config.verify_tls) if encrypted else None

    async def send(self, notice: Notice) -> str:
        """See `Notifier.send`."""
        config = self._config
        smtp = self._smtp
        try:
            refused, _answer = await smtp.send(
                self._message(notice),
                sender=config.sender,
                recipients=list(config.recipients),
                hostname=config.host,
                port=config.port or _PORTS[config.security],
                username=config.username,
                password=config.password.get_secret_value() if config.password else None,
                use_tls=config.security == "tls",
                start_tls=config.security == "starttls",
                tls_context=self._tls,
                timeout=config.timeout_s,
                local_hostname="maskwatch",
            )
        except smtp.SMTPRecipientsRefused as error:
            code = max((one.code for one in error.recipients), default=550)
            raise self._refused(code, "refuses the recipients", "Check their addresses.") from None
        except smtp.SMTPAuthenticationError as error:
            raise self._refused(error.code, "refuses the user or the password", "Check both.") from None
        except smtp.SMTPResponseException as error:
            raise self._refused(error.code, "refuses the mail", "See the mail server's own log.") from None
        except (smtp.SMTPTimeoutError, TimeoutError):
            raise SinkError(
                f"{config.host} did not answer within {config.timeout_s:g} s.",
                remedy="Check the host, the port and the kind of encryption.",
                code="sink_timeout",
            ) from None
        except (smtp.SMTPException, OSError) as error:
            raise SinkError(
                f"{config.host} can't be reached ({type(error).__name__}).",
                remedy="Check the host, the port and the kind of encryption.",
                code="sink_unreachable",
            ) from None
        if refused:
            # Tried again, the mail would come twice to those who have it.
            codes = sorted({answer.code for answer in refused.values()})
            _log.warning("some recipients get no mail", host=config.host, refused=len(refused), codes=codes)
        taken = len(config.recipients) - len(refused)
        some = f" for {taken} of {len(config.recipients)} recipients" if refused else ""
        return f"{config.host} took the mail{some}."

    async def close(self) -> None:
        """See `Notifier.close`."""

    def _refused(self, code: int, what: str, remedy: str) -> SinkError:
        return SinkError(
            f"{self._config.host} {what} ({code}).",
            remedy=remedy,
            code="sink_refused",
            retryable=code not in _PERMANENT or code in _LATER,
        )

    def _message(self, notice: Notice) -> email.message.EmailMessage:
        config = self._config
        message = email.message.EmailMessage()
        message["Subject"] = title(notice, config.language)
        message["From"] = config.sender
        message["To"] = ", ".join(config.recipients)
        message["Date"] = email.utils.format_datetime(notice.at)
        # The same again with each try: mail programs show a mail that came twice once.
        message["Message-ID"] = f"<{notice.key}@maskwatch>"
        message["References"] = f"<{notice.alert.get('id', 'test')}@alerts.maskwatch>"
        message["Auto-Submitted"] = "auto-generated"
        link = f"\n\n{notice.link}" if notice.link else ""
        message.set_content(f"{body(notice, config.language)}{link}\n")
        for picture in notice.pictures:
            message.add_attachment(picture.jpeg, maintype="image", subtype="jpeg", filename=f"{picture.name}.jpg")
        return message


def _create(config: EmailConfig, **_: object) -> Notifier:
    return Email(config)


PLUGIN: Plugin[Notifier] = Plugin(type="email", config=EmailConfig, create=_create)
