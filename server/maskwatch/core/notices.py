"""What is told to people and machines outside: a notice of an alert, and what a notifier must do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

TEST_ACTION = "test"
"""The action of a notice that somebody sent to see whether a target works; no alert stands behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that goes along: `name` says which (face or frame), `jpeg` are the bytes of its file."""

    name: str
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event of one alert on its way to one target.

    `key` is the same whenever this event is sent to this target again, and never that of anything else: who gets a key
    twice has the same notice twice. `alert` is the alert as it was then, as JSON values. `link` opens it in the
    dashboard, where the server knows its own address.
    """

    key: str
    event_id: int
    action: str
    at: datetime
    alert: Mapping[str, Any]
    link: str | None = None
    pictures: tuple[Picture, ...] = ()

    @property
    def camera(self) -> str:
        """The alert's camera."""
        return str(self.alert.get("camera", ""))

    @property
    def kind(self) -> str:
        """The alert's kind."""
        return str(self.alert.get("kind", ""))


class Notifier(Protocol):
    """Hands notices to one target. All on the loop; what blocks runs in a thread."""

    async def send(self, notice: Notice) -> str:
        """Hand it over; what the target said, in one sentence. Returns only once the target has taken it.

        Raises:
            SinkError: the target did not take it, or may not have.
        """

    async def close(self) -> None:
        """Let go of every connection."""


class LiveNotifier(Notifier, Protocol):
    """A notifier whose target also follows what the cameras are doing. Only the newest counts; none of it is kept."""

    def camera_state(self, camera: str, state: str) -> None:
        """A camera is there, or its state changed."""

    def camera_removed(self, camera: str) -> None:
        """A camera is no more."""

    def people(self, camera: str, counts: Mapping[str, int]) -> None:
        """People now in view of a camera, by what is believed of them."""
