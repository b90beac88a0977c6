"""Publishing tokens: what a phone must show to send as a camera that the settings file names.

Cameras added in the dashboard keep a token of their own in the store. Those of the file have nowhere to keep one, so
theirs is derived from a key in the data folder; deleting the key and starting anew makes all of these links void.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from maskwatch.errors import StoreError

KEY_FILE = "publish.key"
_KEY_BYTES = 32


class PublishTokens:
    """Derives the token of a camera from its name."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    async def open(cls, data_dir: Path) -> "PublishTokens":
        """Read the key in `data_dir`, or make one.

        Raises:
            StoreError: the key file can't be read or written.
        """
        try:
            return cls(await asyncio.to_thread(_read_or_make, data_dir / KEY_FILE))
        except OSError as error:
            raise StoreError(
                f"The key file {data_dir / KEY_FILE} can't be read or written: {error.strerror}.",
                remedy="Make the data folder writable for the user maskwatch runs as.",
            ) from None

    def token(self, camera: str) -> str:
        """The token of `camera`, 32 characters."""
        digest = hmac.digest(self._key, f"publish:{camera}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:24]).decode()


def same(token: str, expected: str | None) -> bool:
    """Whether two tokens are the same, in a time that tells nothing."""
    # A header may hold any bytes.
    given = token.encode(errors="surrogateescape")
    return expected is not None and hmac.compare_digest(given, expected.encode())


def _read_or_make(file: Path) -> bytes:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) >= _KEY_BYTES:
            return key
        descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)  # left empty by a start that was cut short
    key = secrets.token_bytes(_KEY_BYTES)
    with os.fdopen(descriptor, "wb") as out:
        out.write(key)
    return key
