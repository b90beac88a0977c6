"""The server's own key for Web Push: browsers take notices only from whom they gave their subscription to."""

import os
from pathlib import Path
from typing import Any

from maskwatch.errors import StoreError

KEY_FILE = "vapid.pem"
_CONTACT = "mailto:maskwatch@example.com"
"""Whom a push service may write to. It must be well-formed; no service writes."""


class VapidKey:
    """An elliptic key in the data folder, made at the first start."""

    def __init__(self, vapid: Any, public: str) -> None:
        self._vapid = vapid
        self.public = public
        """What a browser subscribes with: the point, uncompressed, in base64url."""

    @classmethod
    def open(cls, data_dir: Path) -> "VapidKey":
        """Read the key, or make one. Blocks: call it in a thread.

        Raises:
            StoreError: the file can't be read or made.
        """
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415
        from py_vapid import Vapid02, VapidException, b64urlencode  # noqa: PLC0415

        file = data_dir / KEY_FILE
        try:
            if not file.exists():
                made = Vapid02()
                made.generate_keys()
                _write(file, made.private_pem())
            vapid = Vapid02.from_pem(file.read_bytes())
        except OSError as error:
            raise StoreError(
                f"The key of Web Push can't be kept in {file}: {error.strerror}.",
                remedy="Make the data folder writable for the user maskwatch runs as.",
            ) from None
        except (ValueError, VapidException):
            raise StoreError(
                f"The key file {file} is damaged.",
                remedy="Put it back from a backup, or remove it; then every browser must subscribe again.",
            ) from None
        point = vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return cls(vapid, str(b64urlencode(point)))

    def authorization(self, origin: str) -> str:
        """The header that shows a push service at `origin` who sends."""
        return str(self._vapid.sign({"sub": _CONTACT, "aud": origin})["Authorization"])


def _write(file: Path, pem: bytes) -> None:
    partial = file.with_suffix(".part")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)
