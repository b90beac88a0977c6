"""A tiny training set in the layout of the real one, of generated pictures and the two public portraits."""

import json
from pathlib import Path

import cv2
import numpy as np

from tests.fixtures.faces import admiral, astronaut, noise

BARE = {"astronaut": (astronaut, (181, 54, 93, 124)), "admiral": (admiral, (185, 85, 140, 190))}
CATEGORIES = [{"id": 1, "name": "mask"}, {"id": 2, "name": "no_mask"}, {"id": 3, "name": "incorrect"}]


def write_picture(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])


def write_scenes(root: Path, name: str, categories: list[int], *, scored: bool = False) -> None:
    """A COCO file with one portrait a category; what is "masked" has a white block over its mouth."""
    images, annotations = [], []
    for index, category in enumerate(categories):
        make, (x, y, width, height) = list(BARE.values())[index % 2]
        picture = make().copy()
        if category != 2:
            top = y + height // 2 if category == 1 else y + round(height * 0.75)
            picture[top : y + height, x : x + width] = 235
        write_picture(root / name / f"{index}.png", picture)
        size = {"height": picture.shape[0], "width": picture.shape[1]}
        images.append({"id": index, "file_name": f"{index}.png", **size})
        score = {"score": 0.9} if scored else {}
        box = [x, y, width, height]
        annotations.append({"id": index, "image_id": index, "category_id": category, "bbox": box, **score})
    content = {"images": images, "annotations": annotations, "categories": CATEGORIES}
    (root / f"{name}.json").write_text(json.dumps(content))


def write_faces(root: Path, count: int) -> None:
    entries = []
    for index in range(count):
        label = "mask" if index % 2 else "no_mask"
        make, (x, y, width, height) = list(BARE.values())[index // 2 % 2]
        picture = np.roll(make(), 8 * index, axis=1)[y - 20 : y + height + 20, :]
        if label == "mask":
            picture = picture.copy()
            picture[height // 2 :] = (90, 150, 210)
        name = f"{label}/{index}.png"
        write_picture(root / "faces" / name, picture)
        box = [float(x), 20.0, float(width), float(height)]
        entries.append({"file_name": name, "label": label, "source": "test", "face_bbox": box})
    (root / "faces" / "faces.json").write_text(json.dumps(entries))


def write_templates(root: Path) -> None:
    """One mask cut-out with its key points, and one texture."""
    folder = root / "mask_templates"
    rgba = np.zeros((80, 120, 4), np.uint8)
    cv2.fillPoly(rgba, [np.array([[5, 15], [60, 2], [115, 15], [110, 60], [60, 78], [10, 60]])], (200, 180, 160, 255))
    (folder / "templates").mkdir(parents=True)
    cv2.imwrite(str(folder / "templates" / "surgical.png"), rgba)
    points = {"a": (15, 45), "b": (180, 6), "c": (345, 45), "d": (30, 180), "e": (180, 234), "f": (330, 180)}
    lines = ["[surgical]", "template: masks/templates/surgical.png"]
    lines += [f"mask_{key}: {x}, {y}" for key, (x, y) in points.items()]
    (folder / "masks.cfg").write_text("\n".join(lines))
    write_picture(folder / "textures" / "dots.png", noise(40, 40))


def write_data(root: Path) -> Path:
    """Everything that both trainings read."""
    write_scenes(root, "scenes/train", [1, 2, 3, 1, 2, 2])
    write_scenes(root, "scenes/val", [1, 2, 3])
    write_scenes(root, "scenes_unmasked", [2, 2, 2], scored=True)
    write_faces(root, 24)
    write_templates(root)
    for index in range(3):
        write_picture(root / "backgrounds" / f"{index}.png", noise(120, 160, seed=index))
    return root
