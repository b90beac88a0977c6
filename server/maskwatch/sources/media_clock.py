"""One steady 90 kHz clock for a stream whose own timestamps may be missing at first, jump, or start over."""

TICKS_PER_S = 90_000
_MODULUS = 2**32
_MAX_DRIFT_S = 2.0
"""A timestamp that strays further from its arrival than this is a jump of the camera's clock, not jitter."""


class MediaClock:
    """Turns a stream's timestamps into ticks that always move on.

    FFmpeg knows no timestamp for the first packet of an RTSP stream, and shifts all of them when the first RTCP report
    comes; a looped file starts over at 0. Wherever the timestamps can't be followed, the time of arrival is.
    """

    def __init__(self, start: int = 0) -> None:
        self._ticks = start
        self._offset: int | None = None
        self._last_arrival_s: float | None = None
        self._late = 0
        """How far the ticks are behind the time of arrival since a stall, while packets catch up with it."""

    def ticks(self, timestamp: int | None, arrival_s: float) -> int:
        """Ticks (modulo 2**32) of a picture with `timestamp` in 90 kHz, None if unknown, that came at `arrival_s`."""
        if self._last_arrival_s is None:
            self._offset = None if timestamp is None else self._ticks - timestamp
        else:
            self._advance(timestamp, arrival_s - self._last_arrival_s)
        self._last_arrival_s = arrival_s
        return self._ticks % _MODULUS

    def _advance(self, timestamp: int | None, elapsed_s: float) -> None:
        elapsed, drift = max(1, round(elapsed_s * TICKS_PER_S)), round(_MAX_DRIFT_S * TICKS_PER_S)
        by_arrival, furthest = self._ticks + self._late + elapsed, self._ticks + elapsed + drift
        if timestamp is not None and self._offset is not None:
            by_timestamp = timestamp + self._offset
            late = by_arrival - by_timestamp
            # After a stall all that was held up comes at once: each packet of such a burst is less late than the one
            # before. Were the stall taken as a jump, the burst would be counted a second time.
            catches_up = late > 0 and (self._late == 0 or late < self._late)
            if self._ticks < by_timestamp <= furthest and (late <= drift or catches_up):
                self._ticks, self._late = by_timestamp, 0 if late <= drift else late
                return
        # What nothing catches up with is made good in steps; until then timestamps have nothing to go by.
        self._ticks = min(by_arrival, furthest)
        self._late = by_arrival - self._ticks
        self._offset = None if timestamp is None or self._late else self._ticks - timestamp
