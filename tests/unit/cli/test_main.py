"""What every command has in common: how an error is told."""

import sys
from pathlib import Path

import pytest

from maskwatch.cli.config import show
from maskwatch.cli.main import main


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["maskwatch", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    return capsys.readouterr().err


def test_brackets_in_a_path_are_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("nowhere[red].yaml", "nowhere[/red].yaml"):
        assert f"Error: The settings file {path} can't be read" in told(monkeypatch, capsys, "config", "check", path)


def test_what_to_install_is_shown_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "maskwatch.training.export", None)
    assert "pip install 'maskwatch[train]'" in told(monkeypatch, capsys, "models", "export", str(tmp_path / "x.keras"))


@pytest.mark.parametrize(
    "arguments", [("replay", "clip.mp4", "--set", "dwell_s=["), ("check-camera", "clip.mp4", "--option", "loop=[")]
)
def test_a_value_that_is_no_yaml_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert "not valid YAML" in told(monkeypatch, capsys, *arguments)


def test_the_settings_are_shown_without_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(
        "live: {ice_servers: [{urls: 'turn:relay.example:3478', username: ayu, credential: hunter2}]}\n"
        "cameras: {hall: {url: 'rtsp://ayu:hunter2@h/', options: {password: hunter2, transport: udp}}}\n"
    )
    show(file)
    shown = capsys.readouterr().out
    assert "turn:relay.example:3478" in shown
    assert "transport: udp" in shown
    assert "hunter2" not in shown
    assert "ayu" not in shown
