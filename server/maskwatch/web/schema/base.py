"""What goes over the wire: bodies of the API and messages of the websocket. OpenAPI is made from these models.

Boxes are shares of the picture, 0 to 1, here and only here. Times are ISO 8601 in UTC.
"""

from pydantic import BaseModel, ConfigDict

PROTOCOL_VERSION = 1


class Wire(BaseModel):
    """Base of everything that goes over the wire."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
