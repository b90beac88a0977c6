"""A notice as JSON values: what webhooks and MQTT send."""

import base64
from typing import Any

from maskwatch.core.notices import Notice

VERSION = 1


def payload(notice: Notice, *, with_pictures: bool) -> dict[str, Any]:
    """The notice as JSON values; `with_pictures` puts its pictures in as base64."""
    values: dict[str, Any] = {
        "version": VERSION,
        "key": notice.key,
        "event_id": notice.event_id,
        "action": notice.action,
        "at": notice.at.isoformat(),
        "alert": dict(notice.alert),
        "link": notice.link,
    }
    if with_pictures:
        values["pictures"] = [
            {"name": picture.name, "type": "image/jpeg", "base64": base64.b64encode(picture.jpeg).decode()}
            for picture in notice.pictures
        ]
    return values
