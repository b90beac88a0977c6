import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.web.origin import host_is_ours, hostname, is_loopback_name, is_same_site


@pytest.mark.parametrize(
    ("header", "name"),
    [("Localhost:8640", "localhost"), ("[::1]:80", "::1"), ("cam.lan.", "cam.lan"), ("", ""), ("[", ""), (":80", "")],
)
def test_the_host_of_a_header(header: str, name: str) -> None:
    assert hostname(header) == name


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_names_of_this_machine(name: str) -> None:
    assert is_loopback_name(name)


@pytest.mark.parametrize("name", ["", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "1", "127.0.0.1.nip.io"])
def test_names_that_may_be_another_s(name: str) -> None:
    assert not is_loopback_name(name)
    assert not host_is_ours(name, {"cam.lan"})


@given(st.text())
def test_no_header_makes_it_stumble(header: str) -> None:
    assert isinstance(host_is_ours(header, ()), bool)
    assert is_same_site(header, None, "127.0.0.1:8640", ()) in (False, header.lower() == "http://127.0.0.1:8640")


@pytest.mark.parametrize(
    ("origin", "site", "same"),
    [
        (None, None, True),
        (None, "none", True),
        (None, "same-origin", True),
        (None, "same-site", False),
        (None, "cross-site", False),
        ("http://cam.lan:8640", "same-origin", True),
        ("http://CAM.lan:8640", None, True),
        ("https://cam.lan:8640", None, True),
        ("http://cam.lan", None, False),
        ("http://cam.lan:86401", None, False),
        ("http://evil.example", None, False),
        ("https://cam.example", None, True),
        ("null", None, False),
        ("", None, False),
        ("file://cam.lan:8640", None, False),
    ],
)
def test_requests_of_our_own_pages(origin: str | None, site: str | None, same: bool) -> None:
    assert is_same_site(origin, site, "cam.lan:8640", {"cam.example"}) is same
