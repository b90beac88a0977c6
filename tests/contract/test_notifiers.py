"""What every notifier must do, whichever it is: the registry is asked, so a new file is tested at once."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from maskwatch.core.notices import Notifier
from maskwatch.errors import ConfigError, PluginError, SinkError
from maskwatch.notifiers.registry import create_notifier, notifier_plugins
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.plugins import Plugin
from maskwatch.store.delivery_records import StoredNotifier
from maskwatch.web.notifier_views import masked_options
from tests.integration.notifiers.parts import SECRET, notice

PLUGINS = notifier_plugins()
_POINT = base64.urlsafe_b64encode(
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
).decode()

NOBODY: dict[str, dict[str, Any]] = {
    "webhook": {"url": f"http://127.0.0.1:9/{SECRET}", "secret": SECRET, "headers": {"X-Key": SECRET}},
    "mqtt": {"host": "127.0.0.1", "port": 9, "username": "u", "password": SECRET},
    "email": {
        "host": "127.0.0.1", "port": 9, "sender": "a@b.example", "recipients": ["c@d.example"], "username": "u",
        "password": SECRET,
    },
    "apprise": {"url": f"json://u:{SECRET}@127.0.0.1:9/x"},
    "webpush": {"endpoint": f"http://127.0.0.1:9/{SECRET}", "p256dh": _POINT, "auth": "c2VjcmV0c2VjcmV0MTIzNA"},
}  # fmt: skip
"""Options of a target where nobody listens; a new notifier needs some here."""


@pytest.fixture(params=sorted(PLUGINS))
def plugin(request: pytest.FixtureRequest) -> Plugin[Any]:
    return PLUGINS[request.param]


@pytest.fixture
def vapid(tmp_path: Path) -> VapidKey:
    return VapidKey.open(tmp_path)


async def make(plugin: Plugin[Any], vapid: VapidKey, **changes: Any) -> Notifier:
    options = {**NOBODY[plugin.type], "timeout_s": 5, **changes}
    return await asyncio.to_thread(create_notifier, plugin.type, options, name="test", vapid=vapid)


def test_there_are_the_notifiers_that_the_readme_names() -> None:
    assert {"webhook", "mqtt", "email", "apprise", "webpush"} <= set(PLUGINS)


async def test_its_settings_are_strict_described_and_keep_their_input_to_themselves(
    plugin: Plugin[Any], vapid: VapidKey
) -> None:
    config = plugin.config
    assert config.model_config.get("extra") == "forbid"
    assert config.__doc__
    for name, field in config.model_fields.items():
        assert name == "type" or field.description, name
    with pytest.raises(ConfigError) as caught:
        await make(plugin, vapid, no_such_option=SECRET)
    assert "no_such_option" in caught.value.message
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


async def test_who_does_not_listen_is_told_of_in_a_sentence_with_a_remedy(plugin: Plugin[Any], vapid: VapidKey) -> None:
    notifier = await make(plugin, vapid)
    with pytest.raises(SinkError) as caught:
        await notifier.send(notice())
    await notifier.close()
    assert caught.value.message[0].isalnum()
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")
    assert caught.value.code.startswith("sink_")
    assert caught.value.retryable
    assert SECRET not in str(caught.value)


async def test_one_that_never_sent_can_be_closed_twice(plugin: Plugin[Any], vapid: VapidKey) -> None:
    notifier = await make(plugin, vapid)
    await notifier.close()
    await notifier.close()


def test_no_secret_of_it_is_shown(plugin: Plugin[Any]) -> None:
    options = NOBODY[plugin.type]
    config = plugin.config.model_validate({**options, "type": plugin.type})
    assert SECRET not in repr(config) + config.model_dump_json()
    shown = json.dumps(masked_options(StoredNotifier(name="x", type=plugin.type, options=options)))
    assert SECRET not in shown
    secrets = [name for name, value in options.items() if isinstance(getattr(config, name), SecretStr)]
    assert secrets
    assert all(json.loads(shown)[name] == "***" for name in secrets)


def test_its_schema_makes_a_form(plugin: Plugin[Any]) -> None:
    schema = plugin.config.model_json_schema()
    assert not set(schema.get("$defs", {})), "a form can't be made of nested groups"


def test_an_unknown_kind_says_which_there_are() -> None:
    with pytest.raises(PluginError, match="webhook"):
        create_notifier("carrier-pigeon", {}, name="test")
