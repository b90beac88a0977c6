from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.config import RESERVED_CAMERA_NAMES, load_settings
from maskwatch.config_docs import settings_as_markdown
from maskwatch.errors import ConfigError

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    file = folder / "maskwatch.yaml"
    file.write_text(text)
    return file


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8640)
    assert settings.cameras == {}


def test_a_camera_inherits_the_common_rules_key_by_key(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            "rules: {dwell_s: 7, min_face_px: 30}\n"
            "cameras:\n"
            "  a: {url: rtsp://h/1, rules: {dwell_s: 1}}\n"
            "  b: {url: rtsp://h/2}\n",
        )
    )
    assert (settings.cameras["a"].rules.dwell_s, settings.cameras["a"].rules.min_face_px) == (1, 30)
    assert settings.cameras["b"].rules.dwell_s == 7


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sever: {port: 1}", "sever"),
        ("server: {port: http}", "server.port"),
        ("server: {port: 99999}", "server.port"),
        ("cameras: {Hall: {url: rtsp://h/}}", "cameras.Hall"),
        ("cameras: {metrics: {url: rtsp://h/}}", "reserved"),
        ("cameras: {hall: {url: rtsp://h/, detect_fps: 0}}", "cameras.hall.detect_fps"),
        ("cameras: {hall: {}}", "cameras.hall.url"),
        ("cameras: {hall: {url: rtsp://h/, rules: {dwel_s: 1}}}", "dwel_s"),
        ("tls: {mode: files}", "certificate and key"),
        ("- a\n- b", "keys and values"),
        ("server: {port: 1", "not valid YAML"),
        ("\x00", "not valid YAML"),
    ],
)
def test_a_broken_setting_is_named(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    assert names in str(caught.value)
    assert "maskwatch.yaml" in str(caught.value)


def test_a_broken_setting_never_repeats_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, "cameras: {hall: {url: ['rtsp://user:hunter2@h/'], x: 1}}"))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_settings(tmp_path / "nowhere.yaml")


def test_secrets_do_not_show_in_the_settings(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "cameras: {hall: {url: 'rtsp://user:hunter2@h/'}}"))
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


def test_environment_and_overrides_go_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "data_dir: /from/file")
    assert load_settings(file).data_dir == Path("/from/file")
    monkeypatch.setenv("MASKWATCH_DATA_DIR", "/from/environment")
    assert load_settings(file).data_dir == Path("/from/environment")
    assert load_settings(file, {"data_dir": "/from/option"}).data_dir == Path("/from/option")


@given(st.text(max_size=80))
def test_any_camera_name_is_taken_or_refused_in_words(name: str) -> None:
    valid = (
        0 < len(name) <= 63
        and all(character in "abcdefghijklmnopqrstuvwxyz0123456789_-" for character in name)
        and name not in RESERVED_CAMERA_NAMES
    )
    values = {"cameras": {name: {"url": "rtsp://h/"}}}
    if valid:
        assert name in load_settings(None, values).cameras
    else:
        with pytest.raises(ConfigError):
            load_settings(None, values)


def test_the_documented_reference_is_in_step_with_the_settings() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text()
    assert settings_as_markdown().strip() in documented, "run scripts/configuration-docs"
