from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.config import RESERVED_CAMERA_NAMES, load_settings
from maskwatch.config_docs import settings_as_markdown
from maskwatch.core.types import AlertKind, Severity
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


def test_severities_are_inherited_kind_by_kind(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            "rules: {severity: {no_mask: critical, crowd: info}}\n"
            "cameras: {a: {url: rtsp://h/1, rules: {severity: {crowd: warning}}}}\n",
        )
    )
    severity = settings.cameras["a"].rules.severity
    assert (severity[AlertKind.NO_MASK], severity[AlertKind.CROWD]) == (Severity.CRITICAL, Severity.WARNING)
    assert severity.keys() == set(AlertKind)


def test_times_may_be_written_as_yaml_reads_them(tmp_path: Path) -> None:
    """Without quotes, 06:30 is a number of base sixty to YAML."""
    rules = load_settings(write(tmp_path, "rules: {schedules: [{start: 6:30, end: 18:00}]}")).rules
    assert (rules.schedules[0].start, rules.schedules[0].end) == ("06:30", "18:00")


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
        ("rules: {zones: [{name: door, points: [[0, 0], [1, 1]]}]}", "'door' needs at least 3 points, not 2"),
        ("rules: {zones: [{name: door, points: [[0, 0], [1, 1], [1, 0], [0, 1]]}]}", "'door' crosses itself"),
        ("rules: {zones: [{name: door, points: [[0, 0], [0.001, 0], [0, 0.001]]}]}", "'door' is too small"),
        ("rules: {zones: [{name: door, points: [[0, 0], [2, 0], [0, 1]]}]}", "rules.zones.0.points.1.0"),
        ("rules: {zones: [{name: door, mode: maybe, points: [[0, 0], [1, 0], [0, 1]]}]}", "rules.zones.0.mode"),
        ("rules: {time_zone: Mars/Olympus}", "no time zone 'Mars/Olympus'"),
        ("rules: {schedules: [{days: [], start: '06:00', end: '18:00'}]}", "never opens"),
        ("rules: {schedules: [{start: '06:00', end: '06:00'}]}", "never opens"),
        ("rules: {schedules: [{start: '24:00', end: '06:00'}]}", "never opens"),
        ("rules: {schedules: [{start: '25:00', end: '06:00'}]}", "from 00:00 to 24:00"),
        ("rules: {schedules: [{days: [someday], start: '06:00', end: '18:00'}]}", "rules.schedules.0.days.0"),
        ("rules: {severity: {no_mask: awful}}", "rules.severity.no_mask"),
        ("rules: {severity: {no_hat: info}}", "rules.severity.no_hat"),
        ("rules: {max_alerts_per_minute: 0}", "rules.max_alerts_per_minute"),
        ("rules: {crowd_below_percent: -5}", "rules.crowd_below_percent"),
        ("rules: {crowd_for_minutes: -1}", "rules.crowd_for_minutes"),
        ("rules: {crowd_min_people: -1}", "rules.crowd_min_people"),
        ("rules: {offline_after_s: -1}", "rules.offline_after_s"),
        ("rules: {offline_reminder_s: -1}", "rules.offline_reminder_s"),
        ("rules: {blind_after_s: -1}", "rules.blind_after_s"),
        ("cameras: {hall: {url: rtsp://h/, rules: nonsense}}", "cameras.hall.rules"),
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
