"""`maskwatch models`, `train` and `evaluate` at their edges; the work itself is tested with the training package."""

import builtins
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from maskwatch.cli.main import app
from maskwatch.cli.train import _progress
from maskwatch.errors import ConfigError, DataSetError, MaskwatchError, ModelError, PluginError
from maskwatch.modelfiles import open_model, read_card, resolve, sha256_of, version_of
from maskwatch.resources import models_dir

RUNNER = CliRunner()
FILES = ("classifier.json", "classifier.keras", "classifier.onnx")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(models_dir() / name, tmp_path)
    return tmp_path


def failure(*arguments: object) -> MaskwatchError:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 1
    assert isinstance(result.exception, MaskwatchError)
    return result.exception


def test_the_shipped_models_are_listed_and_match_their_cards() -> None:
    result = RUNNER.invoke(app, ["models", "list"])
    assert result.exit_code == 0
    rows = {line.split()[0]: line for line in result.stdout.splitlines()[1:]}
    assert {"detector.onnx", "detector.keras", "classifier.onnx", "classifier.keras"} <= set(rows)
    assert all("matches" in row for row in rows.values())


def test_weights_together_stay_under_20_megabytes() -> None:
    assert sum(path.stat().st_size for path in models_dir().iterdir()) < 20e6


def test_verify_says_which_file_is_another_than_its_card_says(folder: Path) -> None:
    result = RUNNER.invoke(app, ["models", "verify", "--no-keras", "--folder", str(folder)])
    assert result.exit_code == 0
    assert "classifier.onnx: sound" in result.stdout
    with (folder / "classifier.onnx").open("ab") as file:
        file.write(b"\0")
    assert "classifier.onnx" in str(failure("models", "verify", "--no-keras", "--folder", folder))
    assert "DIFFERS" in RUNNER.invoke(app, ["models", "list", "--folder", str(folder)]).stdout


def test_verify_wants_a_card_and_models(folder: Path, tmp_path: Path) -> None:
    (folder / "classifier.json").unlink()
    assert "no card" in str(failure("models", "verify", "--no-keras", "--folder", folder))
    empty = tmp_path / "empty"
    assert "does not exist" in str(failure("models", "verify", "--folder", empty))
    empty.mkdir()
    assert "no models" in str(failure("models", "verify", "--folder", empty))


def test_export_writes_the_new_hash_to_the_card(folder: Path) -> None:
    result = RUNNER.invoke(app, ["models", "export", str(folder / "classifier.keras")])
    assert result.exit_code == 0, result.exception
    card = json.loads((folder / "classifier.json").read_text())
    assert card["files"]["classifier.onnx"] == sha256_of(folder / "classifier.onnx")
    open_model(folder / "classifier.onnx")


def test_without_the_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_keras(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("maskwatch.training"):
            raise ImportError(name="keras")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without_keras)
    for command in (["train", "detector"], ["train", "classifier"], ["evaluate"], ["models", "export", "x.keras"]):
        error = failure(*command)
        assert isinstance(error, PluginError)
        assert "pip install 'maskwatch[train]'" in error.remedy


def test_a_log_of_training_has_a_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    with _progress() as report:
        for epoch, step in ((0, 1), (0, 2), (1, 1), (1, 2)):
            report(epoch, 2, step, 2, 0.25)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Epoch")]
    assert lines[:2] == ["Epoch 1 of 2, loss 0.2500", "Epoch 2 of 2, loss 0.2500"]


def test_training_without_data_says_where_it_looked(tmp_path: Path) -> None:
    for kind in ("detector", "classifier"):
        error = failure("train", kind, "--data", tmp_path / "gone", "--out", tmp_path / "out")
        assert isinstance(error, DataSetError | ModelError)
        assert "gone" in str(error)
    error = failure("train", "classifier", "--folders", tmp_path / "own", "--out", tmp_path / "out")
    assert "own does not exist" in str(error)


def test_weights_go_with_transfer_only(tmp_path: Path) -> None:
    assert isinstance(failure("train", "classifier", "--weights", tmp_path / "w.h5"), ConfigError)


def test_a_version_is_the_name_and_the_beginning_of_the_hash() -> None:
    path = models_dir() / "detector.onnx"
    assert version_of(path) == f"detector@{sha256_of(path)[:12]}"


def test_a_card_that_is_no_card_is_named(folder: Path) -> None:
    (folder / "classifier.json").write_text("[1]")
    with pytest.raises(ModelError, match=r"classifier\.json is not a JSON object"):
        read_card(folder / "classifier.onnx")


def test_which_file_a_runtime_needs() -> None:
    shipped = Path("m/detector.onnx")
    assert resolve(None, shipped, None) == shipped
    assert resolve(None, shipped, "keras") == Path("m/detector.keras")
    assert resolve(Path("own.h5"), shipped, None) == Path("own.h5")
    with pytest.raises(ModelError, match=r"own\.h5"):
        resolve(Path("own.h5"), shipped, "onnx")
