"""Write the JSON schema of everything that goes over the wire (maskwatch.web.schema), for `wire.mjs` to make types of.

Usage: python client_web/scripts/wire_schema.py > client_web/wire.json
"""

import inspect
import json
import sys
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from maskwatch.web.schema import alerts, cameras, messages, notifiers, service, users, video
from maskwatch.web.schema.base import PROTOCOL_VERSION, Wire

FROM_THE_CLIENT = (
    "Acknowledge", "AlertConditions", "AlertExport", "AlertFilter", "AlertRange", "CameraChange", "CameraCreate",
    "CameraTest", "DeadLetterChoice", "DeadLetterQuery", "Judgement", "Login", "NewPassword", "NotifierChange", "NotifierCreate",
    "NotifierTest", "Snooze", "Subscribe",
)  # fmt: skip
"""Models the browser sends; of these, fields with a default may be left out."""


def wire_schema() -> dict[str, Any]:
    """The models as an OpenAPI document without paths."""
    models: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        (model, "validation" if name in FROM_THE_CLIENT else "serialization")
        for module in (alerts, cameras, messages, notifiers, service, users, video)
        for name, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, Wire) and model not in (Wire, messages.Message) and model.__module__ == module.__name__
    ]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    for name, definition in definitions["$defs"].items():
        if name not in FROM_THE_CLIENT and "properties" in definition:
            # The server writes every field, whether it has a default or not.
            definition["required"] = sorted(definition["properties"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "maskwatch wire", "version": str(PROTOCOL_VERSION)},
        "paths": {},
        "components": {"schemas": definitions["$defs"]},
    }


if __name__ == "__main__":
    json.dump(wire_schema(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
