"""Making an exported network's first layers cheap without changing what it answers, and its file half as large.

A network takes uint8 pictures with channels last; ONNX convolves floats with channels first. The converter turns the
picture into floats, scales those, and moves the channels at the very end, when there are four bytes to move for each
one there was. On a small detector that is a tenth of the time.
"""

from typing import Any

import numpy as np

_ELEMENTWISE = ("Cast", "Mul", "Add")
_WORTH_HALVING = 256
"""Numbers in a tensor below which nothing is gained."""


def slim_entry(model: Any) -> None:
    """Move the channels of an `onnx.ModelProto` while they are bytes, and fold a scale without offset into its layer.

    Changes `model` in place. A network that does not begin with element-wise steps and a transposition stays as it is.
    """
    graph = model.graph
    steps = _entry(graph)
    if steps is None:
        return
    *elementwise, transposition = steps
    _move_to_front(graph, elementwise, transposition)
    _drop_zero_offset(graph, elementwise)
    _fold_scale(graph, elementwise)
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)


def halve_weights(model: Any) -> None:
    """Store the weights of an `onnx.ModelProto` in 16 bits; they are computed with in 32 as before.

    Changes `model` in place. Runtimes turn them back once, when they load the file.
    """
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 - extra `train`

    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _WORTH_HALVING:
            continue
        name, stored = tensor.name, f"{tensor.name}_half"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [name], name=f"{name}_whole", to=TensorProto.FLOAT))
    for index, cast in enumerate(casts):
        graph.node.insert(index, cast)


def _entry(graph: Any) -> list[Any] | None:
    """The nodes from the picture to the transposition, if nothing but element-wise steps by a constant lie between."""
    steps: list[Any] = []
    value = graph.input[0].name
    while True:
        users = [node for node in graph.node if value in node.input]
        if len(users) != 1:
            return None
        steps += users
        if users[0].op_type == "Transpose":
            return steps
        if users[0].op_type not in _ELEMENTWISE or not _by_scalar(graph, users[0]):
            return None
        value = users[0].output[0]


def _by_scalar(graph: Any, node: Any) -> bool:
    return node.op_type == "Cast" or _constant(graph, node.input[1]) is not None


def _constant(graph: Any, name: str) -> float | None:
    """The value of a constant with a single number, else None."""
    from onnx import numpy_helper  # noqa: PLC0415 - extra `train`

    for tensor in graph.initializer:
        if tensor.name == name:
            value = numpy_helper.to_array(tensor)
            return float(value.reshape(-1)[0]) if value.size == 1 else None
    return None


def _move_to_front(graph: Any, elementwise: list[Any], transposition: Any) -> None:
    picture, result = graph.input[0].name, transposition.output[0]
    moved = f"{picture}_channels_first"
    graph.node.remove(transposition)
    transposition.input[0], transposition.output[0] = picture, moved
    graph.node.insert(0, transposition)
    first, last = (next(node for node in graph.node if node == step) for step in (elementwise[0], elementwise[-1]))
    first.input[0] = moved
    last.output[0] = result


def _drop_zero_offset(graph: Any, elementwise: list[Any]) -> None:
    for step in list(elementwise):
        if step.op_type == "Add" and _constant(graph, step.input[1]) == 0:
            _bypass(graph, step)
            elementwise.remove(step)


def _fold_scale(graph: Any, elementwise: list[Any]) -> None:
    """Fold a final scale into the convolution behind it: padding is zero, so scaling before or after is the same."""
    from onnx import numpy_helper  # noqa: PLC0415 - extra `train`

    last = elementwise[-1]
    users = [node for node in graph.node if last.output[0] in node.input]
    if last.op_type != "Mul" or [user.op_type for user in users] != ["Conv"]:
        return
    scale = _constant(graph, last.input[1])
    for tensor in graph.initializer:
        if tensor.name == users[0].input[1] and scale is not None:
            kernel = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(kernel * np.float32(scale)), tensor.name))
            _bypass(graph, last)


def _bypass(graph: Any, step: Any) -> None:
    source, result = step.input[0], step.output[0]
    graph.node.remove(step)
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == result:
                node.input[index] = source
