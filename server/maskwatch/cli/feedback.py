"""`maskwatch evaluate --feedback`: how the classifier judges the faces that people marked."""

import json
from pathlib import Path
from typing import Any

import typer

from maskwatch.config import MaskwatchSettings


def evaluate_feedback(
    settings: MaskwatchSettings, classifier: Path | None, *, folder: Path | None, as_json: bool
) -> None:
    """Print how the classifier judges the marked faces; write them to `folder` if there is one.

    Raises:
        MaskwatchError: the data or the model can't be read, or the folder can't be written.
    """
    from maskwatch.classifiers.maskwatch import MaskwatchClassifier, MaskwatchClassifierConfig  # noqa: PLC0415
    from maskwatch.training.feedback import export, judge, read_marked  # noqa: PLC0415

    marked = read_marked(settings)
    model = MaskwatchClassifier(
        MaskwatchClassifierConfig(model=classifier) if classifier is not None else MaskwatchClassifierConfig()
    )
    figures = judge(marked, model)
    if folder is not None:
        figures["exported"] = export(marked, folder, model.crop_margin)
    typer.echo(json.dumps(figures, indent=2) if as_json else _in_words(figures, folder))


def _in_words(figures: dict[str, Any], folder: Path | None) -> str:
    if not figures["faces"]:
        lines = ["No alert with a face picture is marked yet: mark some as right or wrong in the dashboard."]
    else:
        share = figures["right"] / figures["faces"]
        lines = [f"Of {figures['faces']} marked faces, the classifier judges {figures['right']} right ({share:.0%})."]
    lines += [f"  truly {truth}: {found['right']} of {found['faces']}" for truth, found in figures["by_truth"].items()]
    lines += [
        f"  wrong: alert {row['alert']}, truly {row['truth']}, judged {row['says']} ({row['confidence']:.0%})"
        for row in figures["wrong"]
    ]
    if figures["not_a_face"]:
        lines.append(f"{figures['not_a_face']} were no face at all: the detector's mistakes.")
    if figures["without_picture"]:
        lines.append(f"{figures['without_picture']} marked alerts have no face picture (any more).")
    if folder is not None:
        counts = ", ".join(f"{count} {label}" for label, count in figures["exported"].items()) or "nothing"
        lines.append(f"Exported to {folder}: {counts}. These pictures show people.")
    return "\n".join(lines)
