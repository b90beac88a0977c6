"""The server's certificate: made once, kept, renewed when it must be; and the user's own, checked."""

import ssl
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from maskwatch.config import TlsMode, TlsSettings
from maskwatch.errors import ConfigError
from maskwatch.web import tls
from maskwatch.web.tls import make_tls

SELF_SIGNED = TlsSettings(mode=TlsMode.SELF_SIGNED)


def names_of(folder: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate((folder / "tls" / "certificate.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def handshake(context: ssl.SSLContext, trusted: Path, host: str) -> None:
    """A real handshake in memory, by a client that trusts `trusted` only."""
    client_side = ssl.create_default_context(cafile=str(trusted))
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    server = context.wrap_bio(pipes[0], pipes[1], server_side=True)
    client = client_side.wrap_bio(pipes[1], pipes[0], server_hostname=host)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for side in {client, server} - done:
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue


def test_off_means_none(tmp_path: Path) -> None:
    assert make_tls(TlsSettings(), tmp_path) is None


def test_a_certificate_is_made_once_and_kept(tmp_path: Path) -> None:
    first = make_tls(SELF_SIGNED, tmp_path)
    second = make_tls(SELF_SIGNED, tmp_path)
    assert first is not None
    assert second is not None
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint in first.advice
    assert len(first.fingerprint.split(":")) == 32
    key = tmp_path / "tls" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {"localhost", "127.0.0.1", "::1"} <= names_of(tmp_path)
    for host in ("localhost", "127.0.0.1"):
        handshake(first.context, tmp_path / "tls" / "certificate.pem", host)


def test_it_is_made_anew_when_the_addresses_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_tls(SELF_SIGNED, tmp_path)
    monkeypatch.setattr(tls, "local_addresses", lambda loopback: ["192.0.2.99"])
    second = make_tls(SELF_SIGNED, tmp_path)
    assert first is not None
    assert second is not None
    assert first.fingerprint != second.fingerprint
    assert "192.0.2.99" in names_of(tmp_path)


def test_it_is_made_anew_before_it_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_VALID", timedelta(days=20))
    first = make_tls(SELF_SIGNED, tmp_path)
    monkeypatch.undo()
    second = make_tls(SELF_SIGNED, tmp_path)
    third = make_tls(SELF_SIGNED, tmp_path)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.fingerprint != second.fingerprint == third.fingerprint


@pytest.mark.parametrize("damage", ["certificate.pem", "key.pem"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, damage: str) -> None:
    make_tls(SELF_SIGNED, tmp_path)
    (tmp_path / "tls" / damage).write_text("no longer")
    made = make_tls(SELF_SIGNED, tmp_path)
    assert made is not None
    handshake(made.context, tmp_path / "tls" / "certificate.pem", "localhost")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("a file in the way")
    with pytest.raises(ConfigError, match="no certificate can be written"):
        make_tls(SELF_SIGNED, tmp_path)


def test_files_of_the_user_are_taken(tmp_path: Path) -> None:
    make_tls(SELF_SIGNED, tmp_path)
    settings = TlsSettings(
        mode=TlsMode.FILES, certificate=tmp_path / "tls" / "certificate.pem", key=tmp_path / "tls" / "key.pem"
    )
    made = make_tls(settings, tmp_path)
    assert made is not None
    assert not made.self_signed
    assert made.advice == ""


def other_key(path: Path, password: bytes | None = None) -> Path:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        )
    )
    return path


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("no certificate", "the certificate .* can't be read: No such file"),
        ("no key", "the key .* can't be read: No such file"),
        ("mismatch", "does not belong to the certificate"),
        ("garbage", "not a certificate and its key in PEM form"),
        ("swapped", "not a certificate and its key in PEM form"),
        ("passphrase", "not a certificate and its key in PEM form"),
    ],
)
def test_what_is_wrong_with_files_is_said(tmp_path: Path, fault: str, says: str) -> None:
    make_tls(SELF_SIGNED, tmp_path)
    certificate, key = tmp_path / "tls" / "certificate.pem", tmp_path / "tls" / "key.pem"
    if fault == "no certificate":
        certificate = tmp_path / "nowhere.pem"
    elif fault == "no key":
        key = tmp_path / "nowhere.pem"
    elif fault == "mismatch":
        key = other_key(tmp_path / "other.pem")
    elif fault == "garbage":
        certificate.write_text("garbage")
    elif fault == "swapped":
        certificate, key = key, certificate
    else:
        key = other_key(tmp_path / "locked.pem", b"secret")
    with pytest.raises(ConfigError, match=says):
        make_tls(TlsSettings(mode=TlsMode.FILES, certificate=certificate, key=key), tmp_path)
