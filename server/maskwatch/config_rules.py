"""The settings of where and when alerts are raised: zones, schedules, time zones, and how much each kind matters."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from enum import StrEnum
from functools import cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from maskwatch.config_base import Settings
from maskwatch.core.schedule import DAY_MINUTES, Window
from maskwatch.core.types import AlertKind, Severity
from maskwatch.core.zones import Zone, ZoneAnchor, ZoneMode, area, crosses_itself

_LEAST_AREA = 1e-4
"""A zone smaller than this share of the picture holds nobody: it was drawn by mistake."""
_MOST_POINTS = 64
MOST_ZONES = 32
MOST_SCHEDULES = 32

Share = Annotated[float, Field(ge=0, le=1)]


class ZoneSettings(Settings):
    """A polygon in the picture that people must stand in, or must not."""

    name: str = Field(min_length=1, max_length=60)
    """What it is called."""
    mode: ZoneMode = ZoneMode.INCLUDE
    """`include`: only people in it (or another such zone) raise alerts; `exclude`: people in it raise none."""
    anchor: ZoneAnchor = ZoneAnchor.FACE
    """Which point of a person must lie in it: the middle of the `face`, or the `feet` as estimated from it."""
    points: tuple[tuple[Share, Share], ...] = Field(max_length=_MOST_POINTS)
    """Corners in their order, each as shares of the picture's width and height (0 to 1, from the upper left)."""

    @model_validator(mode="after")
    def _is_an_area(self) -> Self:
        if len(self.points) < 3:
            msg = f"the zone {self.name!r} needs at least 3 points, not {len(self.points)}"
            raise ValueError(msg)
        if crosses_itself(self.points):
            msg = f"the outline of the zone {self.name!r} crosses itself; put its points in their order around it"
            raise ValueError(msg)
        if area(self.points) < _LEAST_AREA:
            msg = f"the zone {self.name!r} is too small to hold anybody"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> Zone:
        """As the rules take it."""
        return Zone(name=self.name, mode=self.mode, anchor=self.anchor, polygon=self.points)


class Weekday(StrEnum):
    """Days of the week."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")


def _check_time(value: object) -> str:
    # YAML reads 06:30 as a number of base sixty: 390.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DAY_MINUTES:
        value = f"{value // 60:02}:{value % 60:02}"
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        msg = "a time is hours and minutes from 00:00 to 24:00, such as '06:30'"
        raise ValueError(msg)
    return value.zfill(5)


ClockTime = Annotated[str, BeforeValidator(_check_time), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})]


class ScheduleSettings(Settings):
    """A window of the week in which alerts may be raised."""

    days: tuple[Weekday, ...] = tuple(Weekday)
    """Weekdays on which it opens: mon, tue, wed, thu, fri, sat, sun."""
    start: ClockTime
    """When it opens, such as '06:00'."""
    end: ClockTime
    """When it closes; '24:00' is the end of the day. At or before `start`, it closes on the day after."""

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not self.days:
            msg = "this schedule never opens: name at least one weekday in days"
            raise ValueError(msg)
        if self.start in (self.end, "24:00"):
            msg = "this schedule never opens: start and end must differ (for whole days: 00:00 to 24:00)"
            raise ValueError(msg)
        return self

    @property
    def window(self) -> Window:
        """As the rules take it."""
        weekdays = list(Weekday)
        return Window(
            days=frozenset(weekdays.index(day) for day in self.days), start=_minutes(self.start), end=_minutes(self.end)
        )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_time_zone(name: str) -> str:
    if name not in _time_zones():
        msg = f"there is no time zone {name!r}; write it as Area/City, such as Asia/Jakarta"
        raise ValueError(msg)
    return name


TimeZone = Annotated[str, AfterValidator(_check_time_zone)]


@cache
def zone_info(name: str) -> tzinfo:
    """The time zone of a checked name; read from the disk once, so not for the first time on the loop."""
    return UTC if name == "UTC" else ZoneInfo(name)


def read_time_zones(names: Iterable[str]) -> None:
    """Read from the disk which time zones there are, and those named. Blocks: call it in a thread."""
    for name in _time_zones().intersection(names):
        zone_info(name)


DEFAULT_SEVERITY: Mapping[AlertKind, Severity] = {
    AlertKind.NO_MASK: Severity.WARNING,
    AlertKind.INCORRECT: Severity.INFO,
    AlertKind.CROWD: Severity.WARNING,
    AlertKind.CAMERA_OFFLINE: Severity.CRITICAL,
    AlertKind.CAMERA_BLIND: Severity.CRITICAL,
    AlertKind.HELD_BACK: Severity.WARNING,
}


def _with_defaults(given: object) -> object:
    if not isinstance(given, Mapping):
        return given
    return {**{kind.value: severity.value for kind, severity in DEFAULT_SEVERITY.items()}, **given}


Severities = Annotated[dict[AlertKind, Severity], BeforeValidator(_with_defaults)]
