"""The reference of the settings, written from the models themselves so that it can't be out of step."""

import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from maskwatch.config import CameraSettings, MaskwatchSettings
from maskwatch.config_notifiers import NotifierSettings
from maskwatch.config_rules import ScheduleSettings, ZoneSettings

_CAMERAS = "cameras.NAME"
_NOTIFIERS = "notifiers[]"


def settings_as_markdown() -> str:
    """A table for each group of settings: key, type, default, meaning."""
    lines: list[str] = []
    groups: list[tuple[str, type[BaseModel]]] = [
        *_groups(MaskwatchSettings, ""),
        ("rules.zones[]", ZoneSettings),
        ("rules.schedules[]", ScheduleSettings),
        (_CAMERAS, CameraSettings),
        (_NOTIFIERS, NotifierSettings),
    ]
    for path, model in groups:
        rows = [
            f"| `{path + '.' if path else ''}{name}` | {_type(field.annotation)} | {_default(path, name, field)} "
            f"| {_meaning(field)} |"
            for name, field in model.model_fields.items()
            if not _is_group(field.annotation)
        ]
        if rows:
            lines += [f"### {path or 'Top level'}", "", _first_line(model.__doc__), ""]
            lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def _groups(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, model
    for name, field in model.model_fields.items():
        if _is_group(field.annotation):
            yield from _groups(field.annotation, f"{path}.{name}" if path else name)  # type: ignore[arg-type]


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_type(each) for each in arguments if each is not type(None))
    if origin is Annotated:
        return _type(arguments[0])
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict or annotation is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{each.value}`" for each in annotation)
    return {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
        Path: "path",
        SecretStr: "text",
    }.get(annotation, "mapping")


def _default(path: str, name: str, field: FieldInfo) -> str:
    if (path, name) == ("", "data_dir"):
        return "the platform's user data folder"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Secret):
        value = value.get_secret_value()
    if value is None:
        return "none"
    if isinstance(value, Enum):
        value = value.value
    return f"`{json.dumps(value, default=str)}`"


def _meaning(field: FieldInfo) -> str:
    bounds = [
        f"{word} {value:g}"
        for attribute, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most"))
        for rule in field.metadata
        if (value := getattr(rule, attribute, None)) is not None
    ]
    text = " ".join((field.description or "").split())
    return f"{text} ({', '.join(bounds)})" if bounds else text


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().splitlines()[0]
