"""Encryption of the page: the user's own certificate, or one made at the first start and kept."""

import contextlib
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from maskwatch.config import TlsMode, TlsSettings
from maskwatch.errors import ConfigError
from maskwatch.rtc.ice import local_addresses

_VALID = timedelta(days=397)
"""Safari takes no certificate that is valid for longer."""
_RENEW_BEFORE = timedelta(days=30)
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The context to serve with, and what to tell the user of it."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the certificate, as browsers show it."""
    self_signed: bool
    advice: str
    """How to trust the certificate, in a sentence; empty where browsers do by themselves."""


def make_tls(settings: TlsSettings, data_dir: Path) -> Tls | None:
    """What `settings` ask for; None without encryption. Reads and writes files: before the loop, or in a thread.

    Raises:
        ConfigError: a file is missing, unreadable, no PEM, or the key is not the certificate's.
    """
    if settings.mode is TlsMode.OFF:
        return None
    if settings.mode is TlsMode.FILES:
        if settings.certificate is None or settings.key is None:
            raise ConfigError("tls: with mode 'files', both certificate and key must be given.")
        return Tls(
            context=_context(settings.certificate, settings.key),
            fingerprint=_fingerprint(settings.certificate),
            self_signed=False,
            advice="",
        )
    certificate, key = _self_signed(data_dir / "tls")
    fingerprint = _fingerprint(certificate)
    return Tls(
        context=_context(certificate, key),
        fingerprint=fingerprint,
        self_signed=True,
        advice=(
            "The browser warns once, because this server vouches for itself: compare the certificate's SHA-256 "
            f"fingerprint with {fingerprint}, then continue; or install {certificate} as trusted on the device."
        ),
    )


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    for what, file in (("certificate", certificate), ("key", key)):
        _read(what, file)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # The password keeps OpenSSL from asking for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(
                f"tls: the key {key} does not belong to the certificate {certificate}.",
                remedy="Name the key that the certificate was made for.",
            ) from None
        raise ConfigError(
            f"tls: {certificate} and {key} are not a certificate and its key in PEM form.",
            remedy="Give files that begin with '-----BEGIN CERTIFICATE-----' and '-----BEGIN PRIVATE KEY-----', "
            "the key without a passphrase.",
        ) from None
    return context


def _read(what: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"tls: the {what} {file} can't be read: {error.strerror}.",
            remedy=f"Check tls.{what} in the settings and the file's owner.",
        ) from None


def _fingerprint(certificate: Path) -> str:
    try:
        digest = x509.load_pem_x509_certificate(_read("certificate", certificate)).fingerprint(hashes.SHA256())
    except ValueError:
        raise ConfigError(
            f"tls: {certificate} is not a certificate in PEM form.", remedy="Give one that browsers understand."
        ) from None
    return digest.hex(":").upper()


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """The certificate kept in `folder` and its key; made anew if it is about to expire or the addresses changed."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = _names()
    if not _still_good(certificate, key, names):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _make(certificate, key, names)
        except OSError as error:
            raise ConfigError(
                f"tls: no certificate can be written to {folder}: {error.strerror}.",
                remedy="Make the data folder writable, or choose another with --data-dir.",
            ) from None
    return certificate, key


def _names() -> list[x509.GeneralName]:
    hostname = socket.gethostname()
    hosts = dict.fromkeys(["localhost", hostname, f"{hostname}.local" if "." not in hostname else hostname])
    addresses = dict.fromkeys([*_LOOPBACK, *sorted(local_addresses(loopback=True))])
    names: list[x509.GeneralName] = []
    for host in hosts:
        with contextlib.suppress(ValueError):
            names.append(x509.DNSName(host))
    names.extend(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses)
    return names


def _still_good(certificate: Path, key: Path, names: list[x509.GeneralName]) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        covered = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    matches = private.public_key() == kept.public_key()
    return matches and kept.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE and set(names) <= set(covered)


def _make(certificate: Path, key: Path, names: list[x509.GeneralName]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maskwatch")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        # Phones install a certificate as trusted only if it calls itself an authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    _replace(
        key,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        mode=0o600,
    )
    _replace(certificate, made.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _replace(file: Path, content: bytes, *, mode: int) -> None:
    """Write `file` so that it is never half there, and never readable by more than `mode` says."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
    draft.replace(file)
