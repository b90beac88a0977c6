"""Where a page of alerts ended. Opaque to clients; new alerts do not shift it."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from maskwatch.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last alert of a page. The next page holds what was raised before it, or with it and has a lower id."""

    raised_at: datetime
    id: str

    def encode(self) -> str:
        """As text for a URL."""
        return base64.urlsafe_b64encode(json.dumps([self.raised_at.isoformat(), self.id]).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read what `encode` gave.

        Raises:
            InvalidRequestError: it is something else.
        """
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            raised_at, alert_id = datetime.fromisoformat(values[0]), values[1]
            if raised_at.tzinfo is not None and isinstance(alert_id, str) and len(values) == 2:
                alert_id.encode()  # a lone surrogate is no text
                return cls(raised_at, alert_id)
        except (binascii.Error, ValueError, TypeError, LookupError, RecursionError):
            pass
        raise InvalidRequestError(
            "The cursor makes no sense.", remedy="Use next_cursor of the page before, or none for the first page."
        )
