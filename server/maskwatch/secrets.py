"""Keeping secrets out of sight: redacted addresses, and encryption of what must be stored."""

import os
import re
import tempfile
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from cryptography.fernet import Fernet, InvalidToken

from maskwatch.errors import StoreError

_QUERY_SECRET = re.compile(r"(?i)((?:^|[&?])[\w.-]*(?:pas|pwd|token|key|secret|auth|user?|usr|login)[\w.-]*=)[^&\s]*")
_USERINFO_IN_TEXT = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s'\"]*@")


def redact_url(url: str) -> str:
    """`url` without its user, password and secret-looking query values: safe to show, log and store.

    A user name is dropped as well: half a credential is still one. A password may hold a / ? or # that should have
    been encoded; so whatever comes before the last @, wherever that stands, is taken for a credential.
    """
    scheme, slashes, rest = url.partition("://")
    public = f"{scheme}{slashes}{rest.rpartition('@')[2]}" if slashes else url
    try:
        parts: SplitResult = urlsplit(public)
    except ValueError:
        return redact_text(public)
    query = _QUERY_SECRET.sub(r"\1***", parts.query)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def redact_text(text: str) -> str:
    """`text` with the credentials of every address in it taken out, as `redact_url` does.

    Of addresses joined without a space, only what follows the last @ is left.
    """
    return _QUERY_SECRET.sub(r"\1***", _USERINFO_IN_TEXT.sub(r"\1", text))


class SecretBox:
    """Encrypts what the database must hold but its dump must not show. The key lies beside it, in a file of its own."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def open(cls, key_file: Path) -> "SecretBox":
        """Read the key, or make one at the first start.

        Raises:
            OSError: the file can't be read or made.
            ValueError: what it holds is no key.
        """
        if not key_file.exists():
            _make_key(key_file)
        return cls(key_file.read_bytes())

    def seal(self, text: str) -> str:
        """Encrypt `text`."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, token: str) -> str:
        """Decrypt what `seal` gave.

        Raises:
            StoreError: the key file is not the one it was sealed with.
        """
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise StoreError(
                "A stored camera address can't be decrypted: the key file belongs to another database.",
                remedy="Put the secret.key back that lay beside this database, or add the cameras again.",
            ) from None


def _make_key(key_file: Path) -> None:
    """Put a new key into `key_file`, whole or not at all; of several processes that try at once, one wins."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    # What mkstemp makes, only its owner can read.
    descriptor, name = tempfile.mkstemp(dir=key_file.parent, prefix=f".{key_file.name}-")
    unnamed = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(Fernet.generate_key())
            stream.flush()
            os.fsync(stream.fileno())
        _publish(unnamed, key_file)
    finally:
        unnamed.unlink(missing_ok=True)


def _publish(unnamed: Path, key_file: Path) -> None:
    try:
        key_file.hardlink_to(unnamed)
    except FileExistsError:
        pass  # another process was faster
    except OSError:
        unnamed.replace(key_file)  # a file system without hard links: the last one wins
