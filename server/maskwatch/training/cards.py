"""Model cards: one JSON for machines, one Markdown for people, both from the same content."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DATA_ORIGINS: tuple[tuple[str, str, str], ...] = (
    ("scenes (masked and bare)", "jolignier/face-mask-dataset-ilc-2021", "none stated"),
    ("scenes", "adityap27/face-mask-detector", "MIT"),
    ("scenes", "Kaggle andrewmvd, by Ribosome-rbx/Medical-Mask-Detection", "MIT"),
    ("unmasked scenes", "KaranFriends/Mask-Dataset, LS-chen/Pedestrian", "none stated"),
    ("single faces", "chandrikadeb7/Face-Mask-Detection, prajnasb/observations", "MIT; none stated"),
    ("scenes without faces", "COCO, by lightly-ai/coco128_yolo", "of each picture"),
    ("mask cut-outs to draw", "aqeelanwar/MaskTheFace", "MIT"),
)
"""What the models learned from: what, where it comes from, the licence stated there. The pictures are not shipped."""

IMAGENET_ORIGIN = (
    "weights to begin with, trained on ImageNet",
    "EfficientNet-Lite0 by Google, as a PyTorch file by ML Illustrated",
    "Apache License 2.0",
)
"""Where the large classifier's first weights come from."""


def write_card(folder: Path, stem: str, content: Mapping[str, Any]) -> Path:
    """Write `stem.json` and `stem.md`; returns the JSON's path. Figures are rounded to four digits."""
    folder.mkdir(parents=True, exist_ok=True)
    tidy = _tidy(dict(content))
    card = folder / f"{stem}.json"
    card.write_text(json.dumps(tidy, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    card.with_suffix(".md").write_text(as_markdown(tidy), encoding="utf-8")
    return card


def as_markdown(content: Mapping[str, Any]) -> str:
    """A card to read."""
    lines = [f"# {content['name']}: {content['task']}", "", str(content.get("description", "")), ""]
    lines += ["## Files", "", "| file | SHA-256 |", "|---|---|"]
    lines += [f"| {name} | `{digest}` |" for name, digest in content.get("files", {}).items()]
    for title, key in (
        ("Input", "input"),
        ("Output", "output"),
        ("Architecture", "architecture"),
        ("Second look", "rescorer"),
    ):
        if content.get(key):
            lines += ["", f"## {title}", "", *_listed(content[key])]
    if content.get("training"):
        lines += ["", "## Training", "", *_listed(content["training"])]
    if content.get("origins"):
        lines += ["", "## Data", "", "| what | from | licence stated there |", "|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in content["origins"]]
    for title, figures in content.get("figures", {}).items():
        lines += ["", f"## Figures: {title}", "", *_figures(figures)]
    if content.get("limits"):
        lines += ["", "## Limits", "", *(f"- {limit}" for limit in content["limits"])]
    return "\n".join(lines) + "\n"


def _listed(values: Any) -> list[str]:
    if isinstance(values, Mapping):
        return [f"- {key.replace('_', ' ')}: {value}" for key, value in values.items()]
    return [str(values)]


def _figures(figures: Any) -> list[str]:
    """A table of rows where the figures are rows of one shape, else a list."""
    if isinstance(figures, Sequence) and figures and isinstance(figures[0], Mapping):
        return table(figures)
    return _listed(figures)


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of a Markdown table; figures rounded to four digits."""
    heads = list(rows[0])
    lines = [f"| {' | '.join(head.replace('_', ' ') for head in heads)} |", "|" + "---|" * len(heads)]
    return lines + [f"| {' | '.join(str(_tidy(row.get(head, ''))) for head in heads)} |" for row in rows]


def _tidy(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _tidy(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(part) for part in value]
    return value
