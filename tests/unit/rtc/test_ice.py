"""Where browsers find the server: no server of strangers, and only addresses that make sense."""

import aioice.ice
import pytest

from maskwatch.config import LiveSettings, ServerSettings
from maskwatch.errors import ConfigError
from maskwatch.rtc.ice import IceSettings


def test_no_stranger_is_asked_by_default() -> None:
    settings = IceSettings.from_settings(LiveSettings(), ServerSettings())
    assert settings.servers == ()
    assert settings.links() == ()


def test_servers_are_named_in_link_headers() -> None:
    live = LiveSettings(
        ice_servers=(
            {"urls": "stun:stun.example.net:3478"},
            {"urls": ["turn:turn.example.net"], "username": "me", "credential": "secret"},
        )
    )
    assert IceSettings.from_settings(live, ServerSettings()).links() == (
        '<stun:stun.example.net:3478>; rel="ice-server"',
        '<turn:turn.example.net>; rel="ice-server"; username="me"; credential="secret"; credential-type="password"',
    )


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"urls": 5},
        {"urls": ["http://x"]},
        {"urls": "stun:"},
        {"urls": "stun:x>\r\nSet-Cookie: a"},
        {"url": "stun:x"},
        {"urls": "stun:x", "credential": "s3cret", "more": 1},
    ],
)
def test_what_is_no_server_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        IceSettings.from_settings(LiveSettings(ice_servers=(entry,)), ServerSettings())
    assert "s3cret" not in str(caught.value)


def test_a_local_server_offers_loopback_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["192.0.2.1"])
    assert IceSettings.from_settings(LiveSettings(), ServerSettings()).host_addresses() == ["192.0.2.1", "127.0.0.1"]
    public = ServerSettings(host="0.0.0.0")
    assert IceSettings.from_settings(LiveSettings(), public).host_addresses() == ["192.0.2.1"]
    chosen = LiveSettings(ice_addresses=("198.51.100.7",))
    assert tuple(IceSettings.from_settings(chosen, public).host_addresses()) == ("198.51.100.7",)
