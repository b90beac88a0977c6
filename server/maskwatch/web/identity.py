"""Who is asking."""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """How somebody is known."""

    NOBODY = auto()
    OPEN = auto()
    """No password is set: everybody on this machine."""
    SESSION = auto()
    BASIC = auto()
    PUBLISHER = auto()
    """A phone with the token of one camera."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody: `user` is their name where they gave one, `camera` the one a publisher may send as."""

    kind: Kind
    user: str | None = None
    camera: str | None = None

    @property
    def is_user(self) -> bool:
        """Whether they may use everything."""
        return self.kind in (Kind.OPEN, Kind.SESSION, Kind.BASIC)
