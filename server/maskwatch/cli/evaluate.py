"""`maskwatch evaluate`: how good the models are on faces and scenes that no training saw."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from maskwatch.cli.extras import needs_extra
from maskwatch.cli.options import ConfigOption, DataDirOption, settings_from


def evaluate(  # noqa: C901 - one branch an option
    *,
    data: Annotated[Path | None, typer.Option(help="Folder of the training data [env: MASKWATCH_DATA].")] = None,
    detector: Annotated[Path | None, typer.Option(help="Detector (.onnx); default: the shipped one.")] = None,
    classifier: Annotated[Path | None, typer.Option(help="Classifier (.onnx); default: the shipped one.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for curves, confusion matrix and galleries of mistakes.")] = Path(
        "runs/evaluation"
    ),
    only: Annotated[str | None, typer.Option(help="Judge only the `detector` or only the `classifier`.")] = None,
    clips: Annotated[
        Path | None,
        typer.Option(help="Judge only the recordings in this folder, none of which shows a mask: flips, mask states."),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="Another classifier (.onnx, with its card) to compare with; may be given again."),
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Judge the faces of alerts that were marked right or wrong instead.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="With --feedback: write these faces as folders to train with.", metavar="DIR")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure recall by size, unmatched boxes, accuracy by slice, calibration and speed, on the held-out data.

    The galleries show people from the data: keep them out of any repository.
    """
    if feedback:
        from maskwatch.cli.feedback import evaluate_feedback  # noqa: PLC0415

        evaluate_feedback(settings_from(config, data_dir), classifier, folder=export, as_json=as_json)
        return
    if export is not None:
        raise typer.BadParameter("it goes with --feedback only", param_hint="--export")
    with needs_extra("train"):
        from maskwatch.training.evaluate import (  # noqa: PLC0415
            compare_classifiers,
            evaluate_classifier,
            evaluate_clips,
            evaluate_detector,
        )
    from maskwatch.resources import models_dir  # noqa: PLC0415

    detector, classifier = detector or models_dir() / "detector.onnx", classifier or models_dir() / "classifier.onnx"
    figures: dict[str, Any] = {}
    if clips is not None:
        figures["clips"] = {"recordings without masks": evaluate_clips(clips, detector, classifier)}
    if beside:
        figures["classifiers"] = {"the same held-out faces": compare_classifiers([classifier, *beside], data, out)}
    only_these = bool(figures)
    if not only_these and only in (None, "detector"):
        figures["detector"] = evaluate_detector(detector, data, out)
    if not only_these and only in (None, "classifier"):
        figures["classifier"] = evaluate_classifier(classifier, data, out)
    if not figures:
        raise typer.BadParameter("choose 'detector' or 'classifier'", param_hint="--only")
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    from maskwatch.training.cards import as_markdown  # noqa: PLC0415

    for name, found in figures.items():
        typer.echo(as_markdown({"name": name, "task": "evaluation", "figures": found}))
    if clips is None:
        typer.echo(f"Curves and galleries are in {out}.")
