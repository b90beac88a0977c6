"""The detector's loss: SimOTA assignment (Ge et al., "YOLOX", 2021) and the losses of YuNet's heads.

Truth is batch x faces x 16, padded with zeros: x1, y1, x2, y2 in pixels; kind (0 nothing, 1 a face, 2 a region that
may hold a face: neither rewarded nor punished); 1 if the landmarks are known; ten landmark coordinates in pixels.
Answers are the raw logits of `trainable_view`: batch x cells x 16, for square pictures.
"""

from typing import Any

from keras import ops

from maskwatch.detectors.anchor_free import STRIDES

TRUTH_WIDTH = 16
FACE, IGNORED = 1, 2
_TOP = 10  # a face is learned by at most this many cells
_RADIUS = 2.5  # strides around a face's centre within which a cell may learn it
_FAR = 1e5
_TINY = 1e-7
_BOX_WEIGHT, _POINT_WEIGHT = 5.0, 0.1


def square_grid(answers: Any) -> tuple[Any, Any]:
    """Cells of the square picture that so many answers belong to: (x, y) in pixels (n x 2), and stride (n x 1)."""
    # A coarse cell covers 4 middle and 16 fine ones: 21 answers for each square of 32 x 32 pixels.
    squares = ops.cast(ops.shape(answers)[1], "float32") / 21
    side = ops.cast(ops.round(ops.sqrt(squares)), "int32")
    points, strides = [], []
    for stride in STRIDES:
        columns = side * (STRIDES[-1] // stride)
        index = ops.arange(columns * columns, dtype="int32")
        cells = ops.cast(ops.stack([index % columns, index // columns], axis=1), "float32") * stride
        points.append(cells)
        strides.append(ops.ones_like(cells[:, :1]) * stride)
    return ops.concatenate(points), ops.concatenate(strides)


def detector_loss(truth: Any, answers: Any) -> Any:
    """Loss of a batch, a scalar."""
    points, stride = square_grid(answers)
    truth = ops.cast(truth, "float32")
    boxes = decode_boxes(answers[..., 2:6], points, stride)
    chosen, matched, quality = assign(truth, answers, boxes, points, stride)
    positive = ops.cast(chosen >= 0, "float32")
    count = ops.maximum(ops.sum(positive), 1.0)
    ignored = _inside_any(truth, points) * (1 - positive)
    object_loss = ops.sum(_cross_entropy(answers[..., 1], positive) * (1 - ignored))
    class_loss = ops.sum(_cross_entropy(answers[..., 0], quality) * positive)
    box_loss = ops.sum(_box_loss(boxes, matched[..., :4]) * positive)
    wanted = (ops.reshape(matched[..., 6:], (*_lead(matched), 5, 2)) - points[:, None]) / stride[:, None]
    off = ops.abs(ops.reshape(answers[..., 6:], ops.shape(wanted)) - wanted)
    smooth = ops.where(off < 1, 0.5 * off * off, off - 0.5)
    point_loss = ops.sum(ops.sum(smooth, axis=(-1, -2)) * positive * matched[..., 5])
    total = object_loss + class_loss + _BOX_WEIGHT * box_loss + _POINT_WEIGHT * point_loss
    return total / count


def decode_boxes(raw: Any, points: Any, stride: Any) -> Any:
    """Boxes (x1, y1, x2, y2) in pixels from centre offsets and log sizes in strides."""
    centers = points + raw[..., :2] * stride
    halves = ops.exp(ops.clip(raw[..., 2:4], -8.0, 8.0)) * stride / 2
    return ops.concatenate([centers - halves, centers + halves], axis=-1)


def assign(truth: Any, answers: Any, boxes: Any, points: Any, stride: Any) -> tuple[Any, Any, Any]:
    """Which face each cell learns: its index (-1: none), its row of the truth, IoU of the cell's box with it."""
    real = ops.cast(ops.equal(truth[..., 4], FACE), "float32")[..., None]
    overlap = ops.stop_gradient(pairwise_iou(truth[..., :4], boxes)) * real
    allowed, central = _candidates(truth, points, stride)
    score = ops.sqrt(ops.sigmoid(answers[..., 0]) * ops.sigmoid(answers[..., 1]))
    class_cost = -ops.log(ops.clip(score, _TINY, 1.0))[:, None, :]
    cost = class_cost - 3 * ops.log(overlap + 1e-8) + _FAR * (1 - central) + 10 * _FAR * (1 - allowed * real)
    cost = ops.stop_gradient(cost)
    best, _ = ops.top_k(-cost, _TOP)
    likely, _ = ops.top_k(overlap * allowed, _TOP)
    wanted = ops.cast(ops.clip(ops.sum(likely, axis=-1), 1, _TOP), "int32")
    limit = -ops.take_along_axis(best, wanted[..., None] - 1, axis=-1)
    taken = ops.cast(ops.logical_and(cost <= limit, cost < 5 * _FAR), "float32")
    contested = cost + 100 * _FAR * (1 - taken)
    owner = ops.argmin(contested, axis=1)
    has_owner = ops.max(taken, axis=1) > 0
    rows = ops.take_along_axis(truth, owner[..., None], axis=1)
    quality = ops.take_along_axis(overlap, owner[:, None, :], axis=1)[:, 0]
    return ops.where(has_owner, ops.cast(owner, "int32"), -1), rows, quality


def pairwise_iou(faces: Any, boxes: Any) -> Any:
    """IoU of every face (batch x m x 4) with every cell's box (batch x n x 4): batch x m x n."""
    low = ops.maximum(faces[:, :, None, :2], boxes[:, None, :, :2])
    high = ops.minimum(faces[:, :, None, 2:], boxes[:, None, :, 2:])
    shared = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    area = ops.prod(ops.maximum(faces[..., 2:] - faces[..., :2], 0.0), axis=-1)
    cell_area = ops.prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
    return shared / (area[:, :, None] + cell_area[:, None, :] - shared + _TINY)


def _candidates(truth: Any, points: Any, stride: Any) -> tuple[Any, Any]:
    """Cells in the box or near its centre (batch x m x n), and cells that are both."""
    x, y = points[:, 0], points[:, 1]
    x1, y1, x2, y2 = (truth[..., index : index + 1] for index in range(4))
    inside = ops.minimum(ops.minimum(x - x1, x2 - x), ops.minimum(y - y1, y2 - y)) > 0
    reach = _RADIUS * stride[:, 0]
    away = ops.maximum(ops.abs(x - (x1 + x2) / 2), ops.abs(y - (y1 + y2) / 2))
    near = away < reach
    both = ops.cast(ops.logical_and(inside, near), "float32")
    return ops.cast(ops.logical_or(inside, near), "float32"), both


def _inside_any(truth: Any, points: Any) -> Any:
    """1 for cells within a region to be ignored: batch x n."""
    x, y = points[:, 0], points[:, 1]
    x1, y1, x2, y2 = (truth[..., index : index + 1] for index in range(4))
    inside = ops.minimum(ops.minimum(x - x1, x2 - x), ops.minimum(y - y1, y2 - y)) >= 0
    return ops.max(ops.cast(inside, "float32") * ops.cast(ops.equal(truth[..., 4:5], IGNORED), "float32"), axis=1)


def _cross_entropy(logits: Any, wanted: Any) -> Any:
    return ops.maximum(logits, 0) - logits * wanted + ops.log1p(ops.exp(-ops.abs(logits)))


def _box_loss(boxes: Any, wanted: Any) -> Any:
    """EIoU: what is missing of the overlap, plus how far centres, widths and heights are apart."""
    low, high = ops.maximum(boxes[..., :2], wanted[..., :2]), ops.minimum(boxes[..., 2:], wanted[..., 2:])
    shared = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    sizes, wanted_sizes = boxes[..., 2:] - boxes[..., :2], wanted[..., 2:] - wanted[..., :2]
    union = ops.prod(sizes, axis=-1) + ops.prod(wanted_sizes, axis=-1) - shared
    hull = ops.maximum(boxes[..., 2:], wanted[..., 2:]) - ops.minimum(boxes[..., :2], wanted[..., :2])
    hull_squared = hull * hull + _TINY
    centers = (boxes[..., :2] + boxes[..., 2:] - wanted[..., :2] - wanted[..., 2:]) / 2
    apart = ops.sum(centers * centers, axis=-1) / ops.sum(hull_squared, axis=-1)
    unlike = ops.sum((sizes - wanted_sizes) ** 2 / hull_squared, axis=-1)
    return 1 - shared / (union + _TINY) + apart + unlike


def _lead(tensor: Any) -> tuple[Any, ...]:
    return tuple(ops.shape(tensor)[:2])
