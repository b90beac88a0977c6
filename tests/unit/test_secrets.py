from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.errors import StoreError
from maskwatch.secrets import SecretBox, redact_text, redact_url

passwords = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=20).filter(
    lambda text: text.lower() not in "rtsp://camera.example:554/stream1?channel=1user"
)


@given(passwords, passwords)
def test_no_credential_survives_in_an_address(user: str, password: str) -> None:
    url = f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@camera.example:554/stream1?channel=1"
    assert redact_url(url) == "rtsp://camera.example:554/stream1?channel=1"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\""), min_size=6, max_size=20))
def test_no_credential_survives_in_a_text(password: str) -> None:
    text = redact_text(f"can't open rtsp://admin:{password}@camera.example/live here")
    assert text == "can't open rtsp://camera.example/live here"


@given(passwords)
def test_no_password_survives_though_it_was_not_encoded(password: str) -> None:
    assert redact_url(f"rtsp://admin:{password}@camera.example/stream1") == "rtsp://camera.example/stream1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/snap.cgi?loginuse=a&loginpas=b&ch=1", "http://h/snap.cgi?loginuse=***&loginpas=***&ch=1"),
        ("http://h/x?authToken=abc&usr=me", "http://h/x?authToken=***&usr=***"),
        ("http://h/cgi?user=admin&password=x1y2&ch=3", "http://h/cgi?user=***&password=***&ch=3"),
        ("rtsp://h/x?token=abc", "rtsp://h/x?token=***"),
        ("/videos/party.mp4", "/videos/party.mp4"),
        ("webrtc:", "webrtc:"),
        ("rtsp://[::1]:554/x", "rtsp://[::1]:554/x"),
    ],
)
def test_addresses_stay_readable(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_a_box_opens_what_it_sealed_and_nothing_else(tmp_path: Path) -> None:
    box = SecretBox.open(tmp_path / "a" / "secret.key")
    sealed = box.seal("rtsp://user:hunter2@h/")
    assert "hunter2" not in sealed
    assert SecretBox.open(tmp_path / "a" / "secret.key").unseal(sealed) == "rtsp://user:hunter2@h/"
    assert (tmp_path / "a" / "secret.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="key file"):
        SecretBox.open(tmp_path / "b" / "secret.key").unseal(sealed)


def test_of_many_that_make_the_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: SecretBox.open(tmp_path / "secret.key"), range(32)))
    sealed = boxes[0].seal("open sesame")
    assert {box.unseal(sealed) for box in boxes} == {"open sesame"}
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
