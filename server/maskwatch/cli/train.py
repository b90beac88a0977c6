"""`maskwatch train`: train the detector or a classifier, on the project's data or on folders of your own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.extras import needs_extra
from maskwatch.errors import ConfigError

app = typer.Typer(help="Train the face detector or the mask classifier (extra `train`).", no_args_is_help=True)


class Architecture(StrEnum):
    """Which classifier to train."""

    COMPACT = "compact"
    LARGE = "large"
    SEED_CNN = "seed-cnn"
    TRANSFER = "transfer"


DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of the training data [env: MASKWATCH_DATA].")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of the run: history, checkpoints, the finished model.")]
EpochsOption = Annotated[int | None, typer.Option(min=1, help="Epochs to train; default: what made the shipped model.")]
StepsOption = Annotated[int | None, typer.Option(min=1, help="Batches an epoch.")]
SeedOption = Annotated[int, typer.Option(help="The same seed, data and machine make the same model.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="CPU threads that training may use.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on after the last finished epoch of --out.")]
TeacherOption = Annotated[Path | None, typer.Option(help="YuNet's ONNX file; default: teacher/ in the data.")]


@app.command()
def detector(
    *,
    out: OutOption = Path("runs/detector"),
    data: DataOption = None,
    teacher: TeacherOption = None,
    start: Annotated[Path | None, typer.Option(help="Go on from a detector's .keras file.")] = None,
    epochs: EpochsOption = None,
    steps: StepsOption = None,
    seed: SeedOption = 7,
    threads: ThreadsOption = 2,
    resume: ResumeOption = False,
) -> None:
    """Train the face detector, beginning with the teacher's weights."""
    with needs_extra("train"):
        from maskwatch.training.recipes import DetectorRecipe, train_detector  # noqa: PLC0415
    recipe = DetectorRecipe(
        data=data,
        teacher=teacher,
        start=start,
        out=out,
        epochs=epochs,
        steps=steps,
        seed=seed,
        threads=threads,
        resume=resume,
    )
    with _progress() as report:
        card = train_detector(recipe, report=report)
    typer.echo(f"Wrote {card}.")


@app.command()
def rescorer(
    *,
    out: OutOption = Path("runs/rescorer"),
    data: DataOption = None,
    detector: Annotated[Path | None, typer.Option(help="Whose doubts it settles; default: the shipped.")] = None,
    large: Annotated[bool, typer.Option("--large", help="Train a large one, to teach the one that ships.")] = False,
    start: Annotated[
        Path | None, typer.Option(help="Begin with this .keras file; default: its teacher, or the large classifier.")
    ] = None,
    taught_by: Annotated[Path | None, typer.Option(help="Learn also from what a large one's .keras file says.")] = None,
    epochs: EpochsOption = None,
    steps: StepsOption = None,
    seed: SeedOption = 7,
    threads: ThreadsOption = 2,
    resume: ResumeOption = False,
) -> None:
    """Train the network that looks again at faces which the detector is not sure of."""
    with needs_extra("train"):
        from maskwatch.training.rescorer_training import RescorerRecipe, train_rescorer  # noqa: PLC0415
    recipe = RescorerRecipe(
        data=data,
        detector=detector,
        large=large,
        start=start,
        taught_by=taught_by,
        out=out,
        epochs=epochs,
        steps=steps,
        seed=seed,
        threads=threads,
        resume=resume,
    )
    with _progress() as report:
        card = train_rescorer(recipe, report=report)
    typer.echo(f"Wrote {card}.")


@app.command()
def classifier(
    *,
    out: OutOption = Path("runs/classifier"),
    data: DataOption = None,
    folders: Annotated[
        Path | None,
        typer.Option(help="Train on your own pictures: a folder with mask/, no_mask/ and maybe incorrect/."),
    ] = None,
    architecture: Annotated[Architecture, typer.Option(help="Which network.")] = Architecture.COMPACT,
    backbone: Annotated[str, typer.Option(help="Backbone of --architecture transfer.")] = "MobileNetV2",
    weights: Annotated[
        Path | None, typer.Option(help="File with the backbone's weights; without it they come from Keras' hub.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="Go on from a .keras file of --architecture compact.")] = None,
    taught_by: Annotated[
        Path | None, typer.Option(help="Learn also from what a larger classifier's .onnx file says of each picture.")
    ] = None,
    epochs: EpochsOption = None,
    steps: StepsOption = None,
    seed: SeedOption = 7,
    threads: ThreadsOption = 2,
    resume: ResumeOption = False,
) -> None:
    """Train a mask classifier."""
    if weights is not None and architecture not in (Architecture.LARGE, Architecture.TRANSFER):
        raise ConfigError("--weights goes with --architecture large or transfer only.")
    with needs_extra("train"):
        from maskwatch.training.recipes import ClassifierRecipe, train_classifier  # noqa: PLC0415
    recipe = ClassifierRecipe(
        data=data,
        folders=folders,
        architecture=architecture.value,
        backbone=backbone,
        weights=weights,
        start=start,
        taught_by=taught_by,
        out=out,
        epochs=epochs,
        steps=steps,
        seed=seed,
        threads=threads,
        resume=resume,
    )
    with _progress() as report:
        card = train_classifier(recipe, report=report, say=typer.echo)
    typer.echo(f"Wrote {card}.")


@app.command()
def ablation(
    *,
    out: OutOption = Path("runs/ablation"),
    data: DataOption = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each training.")] = 8,
    steps: Annotated[int, typer.Option(min=1, help="Batches an epoch.")] = 150,
    seed: SeedOption = 7,
    threads: ThreadsOption = 2,
) -> None:
    """Train small classifiers with more and more of the augmentation, and show what each part is worth."""
    with needs_extra("train"):
        from maskwatch.training.ablation import ablate  # noqa: PLC0415
        from maskwatch.training.cards import table  # noqa: PLC0415
        from maskwatch.training.classifier_training import ClassifierPlan  # noqa: PLC0415
    plan = ClassifierPlan(epochs=epochs, steps=steps, seed=seed)
    with _progress() as report:
        rows = ablate(data, out, plan, threads=threads, report=report)
    for line in table(rows):
        typer.echo(line)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, int, int, float], None]]:
    """A progress bar on stderr, in a log a line an epoch; what it yields takes epoch, epochs, step, steps and loss."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Preparing the data", total=None)

        def report(epoch: int, epochs: int, step: int, steps: int, loss: float) -> None:
            words = f"Epoch {epoch + 1} of {epochs}, loss {loss:.4f}"
            progress.update(task, description=words, total=epochs * steps, completed=epoch * steps + step)
            if step == steps and not progress.console.is_terminal:
                progress.console.print(words)

        yield report
