"""What every source must do, whichever it is: the registry is asked, so a new file is tested at once."""

import re
from typing import Any

import pytest

from maskwatch.errors import ConfigError, MaskwatchError
from maskwatch.plugins import Plugin
from maskwatch.sources.registry import create_source, source_plugins, source_type
from tests.fixtures.watching import Watching

PLUGINS = source_plugins()
SECRET = "s3cr3t-w0rd"

PLAUSIBLE = {
    "rtsp": f"rtsp://someone:{SECRET}@127.0.0.1:1/x",
    "file": "/no/such/clip.mp4",
    "device": "device:/dev/video97",
    "webrtc": "webrtc:",
    "onvif": f"onvif://someone:{SECRET}@127.0.0.1:1",
    "http": f"http://someone:{SECRET}@127.0.0.1:1/x",
}
"""An address each source accepts; a new source needs one here."""


@pytest.fixture(params=sorted(PLUGINS))
def plugin(request: pytest.FixtureRequest) -> Plugin[Any]:
    return PLUGINS[request.param]


def test_there_are_the_sources_that_the_readme_names() -> None:
    assert {"rtsp", "onvif", "http", "file", "device", "webrtc"} <= set(PLUGINS)


def test_every_scheme_leads_to_one_source_only() -> None:
    schemes = [scheme for plugin in PLUGINS.values() for scheme in plugin.schemes]
    assert len(schemes) == len(set(schemes))
    for plugin in PLUGINS.values():
        for scheme in plugin.schemes:
            assert source_type(f"{scheme}:x") == source_type(f"{scheme.upper()}:x") == plugin.type


def test_its_settings_are_strict_described_and_keep_their_input_to_themselves(plugin: Plugin[Any]) -> None:
    config = plugin.config
    assert config.model_config.get("extra") == "forbid"
    assert config.__doc__
    for name, field in config.model_fields.items():
        assert name == "type" or field.description, name
    with pytest.raises(ConfigError) as caught:
        create_source(PLAUSIBLE[plugin.type], {"no_such_option": SECRET}, camera="test")
    assert "no_such_option" in caught.value.message
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", sorted(PLUGINS.keys() - {"file"}))
def test_an_address_that_makes_no_sense_is_refused_without_repeating_it(kind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        create_source(f"{PLUGINS[kind].schemes[0]}:!{SECRET}!", {}, camera="test")
    assert SECRET not in str(caught.value)


def test_what_it_can_not_open_is_one_sentence_with_a_remedy(plugin: Plugin[Any]) -> None:
    if plugin.type == "webrtc":
        with pytest.raises(MaskwatchError, match="server"):
            create_source(PLAUSIBLE["webrtc"], {}, camera="test")
        return
    with Watching(create_source(PLAUSIBLE[plugin.type], {}, camera="test")) as camera:
        error = camera.failure()
    assert re.fullmatch(r"[A-Z/].*[^.]\.", error.message)
    assert error.remedy
    assert error.code == f"source_{error.reason.value}"
    assert error.__context__ is None
    assert SECRET not in str(error)
