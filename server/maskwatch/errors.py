"""The errors maskwatch raises: each says what happened and what to do about it.

`MaskwatchError` is the only base. `code` is stable and machine-readable (it goes into the API, the websocket and
metrics); `message` is one clear sentence; `remedy` says what to do. Neither ever holds a secret: whoever raises one
passes a redacted address (see `maskwatch.secrets.redact_url`).
"""

from enum import StrEnum


class MaskwatchError(Exception):
    """Base of every error that maskwatch raises on purpose."""

    code: str = "error"

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigError(MaskwatchError):
    """Raised when a setting is unknown, broken or contradicts another."""

    code = "config_invalid"


class ModelError(MaskwatchError):
    """Raised when a model file is missing, damaged, of the wrong shape or of another hash than its card says."""

    code = "model_invalid"


class PluginError(MaskwatchError):
    """Raised when a configured plug-in is unknown or what it needs is not installed."""

    code = "plugin_unavailable"


class DataSetError(MaskwatchError):
    """Raised when a training set is missing, mislabelled or unreadable."""

    code = "dataset_invalid"


class StoreError(MaskwatchError):
    """Raised when the database or the snapshot folder refuses a read or a write."""

    code = "store_failed"


class SinkError(MaskwatchError):
    """Raised when an alert could not be handed to a notifier's target.

    `retryable` says whether the very same notice may be taken later; `gone` that the target is no more and never will
    be again (a browser that unsubscribed), `retry_after_s` how long the target asks to be left alone.
    """

    code = "sink_failed"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str | None = None,
        retryable: bool = True,
        gone: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.retryable = retryable and not gone
        self.gone = gone
        self.retry_after_s = retry_after_s


class NotFoundError(MaskwatchError):
    """Raised when a camera or an alert that was named does not exist."""

    code = "not_found"


class ConflictError(MaskwatchError):
    """Raised when a name is taken, reserved or fixed by the settings file."""

    code = "conflict"


class InvalidRequestError(MaskwatchError):
    """Raised when a request's body, query or SDP makes no sense."""

    code = "invalid_request"


class UnauthorizedError(MaskwatchError):
    """Raised when a request carries no valid session, password or token."""

    code = "unauthorized"


class ForbiddenError(MaskwatchError):
    """Raised when a request comes from another site, or names a host that this server is not."""

    code = "forbidden"


class BusyError(MaskwatchError):
    """Raised when a bound is reached (tests of a camera, listeners, peers); later it works again."""

    code = "busy"

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.retry_after_s = retry_after_s


class TooManyAttemptsError(BusyError):
    """Raised when somebody guesses passwords and has to wait."""

    code = "too_many_attempts"


class SourceReason(StrEnum):
    """Why a camera does not deliver pictures; stable codes for the API, the page and metrics."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_FOUND = "not_found"
    UNAUTHORIZED = "unauthorized"
    TIMEOUT = "timeout"
    TLS = "tls"
    CODEC_UNSUPPORTED = "codec_unsupported"
    NO_VIDEO = "no_video"
    ENDED = "ended"
    STALLED = "stalled"
    CORRUPT = "corrupt"
    WAITING = "waiting"
    MISCONFIGURED = "misconfigured"
    INTERNAL = "internal"


class SourceError(MaskwatchError):
    """Raised by a source that can't start or go on; `reason` says why, `retryable` whether trying again can help."""

    code = "source_failed"

    def __init__(self, reason: SourceReason, message: str, *, remedy: str = "", retryable: bool | None = None) -> None:
        super().__init__(message, remedy=remedy, code=f"source_{reason.value}")
        self.reason = reason
        self.retryable = reason is not SourceReason.MISCONFIGURED if retryable is None else retryable
