"""Reading the training data: scenes in COCO JSON, single faces, and a user's own folders. Every fault names its file.

Layout (see the model cards for the origins): `scenes/{train,val}` + `.json`, `scenes_unmasked` + `.json`,
`faces/faces.json`, `backgrounds`, `mask_templates`, `clips`.
"""

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from maskwatch.core.types import LABELS, Box, Image, MaskLabel
from maskwatch.errors import DataSetError

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_ROOT_HINT = "Name the folder with --data or the environment variable MASKWATCH_DATA."


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFace:
    """A face somebody labelled. `score` is the teacher's where the box is its guess, else 1."""

    box: Box
    label: MaskLabel
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture and the faces labelled in it."""

    path: Path
    width: int
    height: int
    faces: tuple[LabelledFace, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFace:
    """A picture of one face. `synthetic` says that its mask was drawn."""

    path: Path
    face: LabelledFace
    source: str
    synthetic: bool


def data_root(named: Path | None = None) -> Path:
    """The folder of the training data: the one named, else MASKWATCH_DATA.

    Raises:
        DataSetError: neither names a folder that exists.
    """
    chosen = named or (Path(os.environ["MASKWATCH_DATA"]) if os.environ.get("MASKWATCH_DATA") else None)
    if chosen is None:
        raise DataSetError("Nothing says where the training data lie.", remedy=_ROOT_HINT)
    if not chosen.is_dir():
        raise DataSetError(f"The folder of training data {chosen} does not exist.", remedy=_ROOT_HINT)
    return chosen


def read_picture(path: Path) -> Image:
    """Decode a picture file to uint8 RGB.

    Raises:
        DataSetError: it is missing, or no picture that can be decoded.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataSetError(f"The picture {path} can't be read: {error.strerror}.") from None
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if decoded is None:
        raise DataSetError(f"The picture {path} can't be decoded.", remedy="Remove or replace it.")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def load_scenes(labels_file: Path, folder: Path) -> list[Scene]:
    """Scenes of a COCO file; `folder` holds its pictures.

    Raises:
        DataSetError: the file or a picture is missing, or an annotation makes no sense.
    """
    content = _read_json(labels_file)
    if not isinstance(content, dict):
        raise DataSetError(f"{labels_file} is no COCO file: expected an object with images and annotations.")
    try:
        names = {int(item["id"]): _label(str(item["name"]), labels_file) for item in content["categories"]}
        faces: dict[int, list[LabelledFace]] = defaultdict(list)
        for item in content["annotations"]:
            faces[int(item["image_id"])].append(_coco_face(item, names, labels_file))
        scenes = [
            Scene(
                path=folder / item["file_name"],
                width=int(item["width"]),
                height=int(item["height"]),
                faces=tuple(faces.pop(int(item["id"]), ())),
                source=str(item.get("source", "")),
            )
            for item in content["images"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataSetError(f"{labels_file} is no valid COCO file: {type(error).__name__}: {error}.") from None
    if faces:
        raise DataSetError(f"{labels_file} labels faces in a picture it does not list (image_id {min(faces)}).")
    _need_pictures([scene.path for scene in scenes], labels_file)
    return scenes


def load_faces(faces_file: Path) -> list[SingleFace]:
    """Single faces listed in `faces.json`; pictures lie beside it.

    Raises:
        DataSetError: the file or a picture is missing, or an entry makes no sense.
    """
    content = _read_json(faces_file)
    try:
        faces = [
            SingleFace(
                path=faces_file.parent / item["file_name"],
                face=LabelledFace(
                    box=_xywh(item["face_bbox"], faces_file),
                    label=_label(item["label"], faces_file),
                    score=1.0 if item.get("detected", True) else 0.0,
                ),
                source=str(item.get("source", "")),
                synthetic=bool(item.get("synthetic_mask", False)),
            )
            for item in content
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataSetError(f"{faces_file} is no valid list of faces: {type(error).__name__}: {error}.") from None
    _need_pictures([face.path for face in faces], faces_file)
    return faces


def load_folders(folder: Path) -> dict[MaskLabel, list[Path]]:
    """A user's own pictures: one sub-folder a label (`mask/`, `no_mask/`, and `incorrect/` if there are any).

    Raises:
        DataSetError: a folder is missing, empty, or named like no label.
    """
    if not folder.is_dir():
        raise DataSetError(f"The folder {folder} does not exist.", remedy="It must hold mask/ and no_mask/.")
    named = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")}
    for name, path in named.items():
        _label(name, path)
    for required in ("mask", "no_mask"):
        if required not in named:
            raise DataSetError(f"The folder {folder / required} does not exist.", remedy="Put pictures of it there.")
    found = {label: pictures_in(named[label.value]) for label in LABELS if label.value in named}
    for label, pictures in found.items():
        if not pictures:
            raise DataSetError(f"The folder {folder / label.value} holds no pictures.", remedy="Put some there.")
    return found


def pictures_in(folder: Path) -> list[Path]:
    """Picture files of a folder, sub-folders included, sorted.

    Raises:
        DataSetError: it does not exist.
    """
    if not folder.is_dir():
        raise DataSetError(f"The folder {folder} does not exist.")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataSetError(f"The label file {path} can't be read: {error.strerror}.", remedy=_ROOT_HINT) from None
    except ValueError:
        raise DataSetError(f"The label file {path} is not valid JSON.") from None


def _label(name: str, where: Path) -> MaskLabel:
    known = [label.value for label in LABELS]
    if name not in known:
        raise DataSetError(f"{where} has the unknown label {name!r}.", remedy=f"Known are {', '.join(known)}.")
    return MaskLabel(name)


def _xywh(values: list[float], where: Path) -> Box:
    x, y, width, height = (float(value) for value in values)
    if not (width > 0 and height > 0 and np.isfinite([x, y, width, height]).all()):
        raise DataSetError(f"{where} has a face of size {width} x {height}.")
    return Box(x, y, x + width, y + height)


def _coco_face(item: dict[str, Any], names: dict[int, MaskLabel], where: Path) -> LabelledFace:
    category = int(item["category_id"])
    if category not in names:
        raise DataSetError(f"{where} uses the category {category}, which it does not list.")
    return LabelledFace(box=_xywh(item["bbox"], where), label=names[category], score=float(item.get("score", 1.0)))


def _need_pictures(paths: list[Path], where: Path) -> None:
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DataSetError(f"{where} lists {len(missing)} pictures that are missing, the first is {missing[0]}.")
