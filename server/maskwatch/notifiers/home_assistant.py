"""How Home Assistant is told of a camera: one device with its entities, by MQTT discovery."""

import json
import re
from collections.abc import Mapping
from typing import Any

from maskwatch import __version__

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def discovery(camera: str, *, prefix: str, discovery_prefix: str, status_topic: str) -> Mapping[str, str]:
    """The configuration of each entity of `camera`, by the topic it belongs to.

    Entities: whether somebody in view wears no mask or wears it wrong, how many people are in view, what the camera is
    doing, and the picture of the newest alert.
    """
    device = f"{_UNSAFE.sub('_', prefix)}_{camera}"
    base = f"{prefix}/cameras/{camera}"
    common: dict[str, Any] = {
        "availability_topic": status_topic,
        "device": {
            "identifiers": [device],
            "name": camera,
            "manufacturer": "maskwatch",
            "model": "Camera",
            "sw_version": __version__,
        },
        "origin": {"name": "maskwatch", "sw_version": __version__},
    }
    entities: dict[tuple[str, str], dict[str, Any]] = {
        ("binary_sensor", "no_mask"): {
            "name": "No mask",
            "device_class": "safety",
            "state_topic": f"{base}/no_mask",
            "payload_on": "ON",
            "payload_off": "OFF",
        },
        ("sensor", "people"): {
            "name": "People in view",
            "icon": "mdi:account-multiple",
            "state_class": "measurement",
            "state_topic": f"{base}/people",
        },
        ("sensor", "state"): {
            "name": "Camera",
            "icon": "mdi:cctv",
            "entity_category": "diagnostic",
            "state_topic": f"{base}/state",
        },
        ("image", "picture"): {
            "name": "Newest alert",
            "image_topic": f"{base}/picture",
            "content_type": "image/jpeg",
        },
    }
    return {
        f"{discovery_prefix}/{component}/{device}/{entity}/config": json.dumps(
            {**common, **values, "unique_id": f"{device}_{entity}"}
        )
        for (component, entity), values in entities.items()
    }
