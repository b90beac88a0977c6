"""`maskwatch models`: which models there are, whether their files are sound, and exporting them to ONNX."""

from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.extras import needs_extra
from maskwatch.errors import ModelError

app = typer.Typer(help="List, verify and export the models.", no_args_is_help=True)

FolderOption = Annotated[Path | None, typer.Option("--folder", help="Folder of the models; default: the shipped ones.")]


def _folder(named: Path | None) -> Path:
    from maskwatch.resources import models_dir  # noqa: PLC0415

    folder = named or models_dir()
    if not folder.is_dir():
        raise ModelError(f"The folder of models {folder} does not exist.", remedy="Name another with --folder.")
    return folder


def _model_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".onnx", ".keras", ".h5"))


@app.command("list")
def list_models(folder: FolderOption = None) -> None:
    """Print each model file: its size, the beginning of its hash, and whether that is what its card says."""
    from maskwatch.modelfiles import read_card, sha256_of  # noqa: PLC0415

    row = "{:<24} {:>10} {:>14} {:<10} {}"
    typer.echo(row.format("file", "bytes", "sha256", "card", "task"))
    for path in _model_files(_folder(folder)):
        card, digest = read_card(path), sha256_of(path)
        expected = card.get("files", {}).get(path.name)
        state = "no card" if expected is None else ("matches" if expected == digest else "DIFFERS")
        typer.echo(row.format(path.name, path.stat().st_size, digest[:12], state, card.get("task", "")))


@app.command()
def verify(
    folder: FolderOption = None,
    keras: Annotated[bool, typer.Option("--keras/--no-keras", help="Compare Keras with ONNX Runtime too.")] = True,
) -> None:
    """Check the hash of every model file, load it, and compare the answers of Keras and ONNX Runtime."""
    import numpy as np  # noqa: PLC0415

    from maskwatch.modelfiles import open_model, read_card  # noqa: PLC0415

    files = _model_files(_folder(folder))
    if not files:
        raise ModelError(f"There are no models in {_folder(folder)}.")
    for path in files:
        if path.suffix == ".onnx":
            if not read_card(path):
                raise ModelError(f"The model file {path} has no card.", remedy=f"Expected {path.stem}.json beside it.")
            shape = [
                side or default for side, default in zip(open_model(path).input_shape, (2, 128, 96, 3), strict=True)
            ]
            twin = path.with_suffix(".keras")
            if keras and twin.is_file():
                with needs_extra("train"):
                    from maskwatch.training.export import TOLERANCE, largest_difference  # noqa: PLC0415
                pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
                apart = largest_difference(twin, path, pixels)
                if not apart <= TOLERANCE:
                    raise ModelError(f"{twin} and {path.name} answer differently, by up to {apart:.2g}.")
                typer.echo(f"{path.name}: sound; Keras answers the same within {apart:.1e}")
                continue
            typer.echo(f"{path.name}: sound")


@app.command()
def export(
    source: Annotated[Path, typer.Argument(help="A .keras or .h5 file.")],
    target: Annotated[Path | None, typer.Argument(help="The .onnx file to write; default: beside the source.")] = None,
) -> None:
    """Export a Keras model to ONNX, and check that both answer the same."""
    with needs_extra("train"):
        from maskwatch.training.export import export_file  # noqa: PLC0415
    written, apart = export_file(source, target or source.with_suffix(".onnx"))
    typer.echo(f"Wrote {written}; both answer the same within {apart:.1e}.")
