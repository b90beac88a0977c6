"""Plays HLS, live or recorded: FFmpeg reads the playlist and its pieces, we fetch them and keep the pace.

Pieces of several seconds come at once. They are played by their own timestamps, so that looks are spread over time
and the live view runs evenly; whoever was held up catches up instead of lagging behind for good.
"""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import av

from maskwatch.core.ports import SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.sources.av_input import InputSpec, VideoPacket, audio_codec, find_video, open_input, read_packets
from maskwatch.sources.http_client import HttpClient
from maskwatch.sources.video_player import VideoPlayer

_PIECES_BEHIND = 2
"""Where a live playlist is joined: so many pieces before its end, which is where the next one still comes in time."""
_LONGEST_GAP_S = 1.5
"""A longer pause between two pictures is a piece that was skipped: nobody waits for it."""
_LATE_AT_MOST_S = 30.0
"""Who is later than this does not catch up (the machine slept): the schedule moves."""
_MISSING_AT_MOST = 3
"""Pieces in a row that can't be had until the stream counts as broken."""


def play_hls(client: HttpClient, sink: SourceSink, stop: StopSignal, *, open_timeout_s: float, stall_s: float) -> None:
    """Play the playlist at the client's address until told to stop.

    Raises:
        SourceError: it can't be opened, or no more comes.
    """
    with ExitStack() as stack:
        fetcher = Fetcher(client, stop, stack)
        spec = InputSpec(
            address=client.address,
            shown=client.shown,
            transport="hls",
            failures=HlsFailures(client, fetcher),
            format="hls",
            options={
                "live_start_index": str(-_PIECES_BEHIND),
                # These need a connection of FFmpeg's own.
                "http_persistent": "0",
                "http_multiple": "0",
                "http_seekable": "0",
                # What a piece is called says nothing; only http and https can be fetched anyway.
                "extension_picky": "0",
                "protocol_whitelist": "http,https,crypto",
                "probesize": "500000",
                "analyzeduration": "500000",
            },
            open_timeout_s=open_timeout_s + stall_s,
            read_timeout_s=stall_s,
            fetch=fetcher.open,
            first=fetcher.begin,
        )
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            player = VideoPlayer(stream, sink, spec=spec, audio_codec=audio_codec(container))
            pace = _Pace(stop)
            heard_s = time.monotonic()
            try:
                for packet in read_packets(container, stream, spec.failures):
                    if not pace.wait_for(packet):
                        return
                    if packet.size:
                        heard_s = time.monotonic()
                    player.feed(packet)
                failure = spec.failures.reading(None, any_packet=player.pictures > 0, silent=False)
            except SourceError as error:
                failure = error
            if stop.is_set():
                return
            if time.monotonic() - heard_s >= 0.9 * stall_s:
                failure = spec.failures.reading(None, any_packet=player.pictures > 0, silent=True)
        raise failure


class Fetcher:
    """Gives FFmpeg the playlist and its pieces as files, over our own connection.

    What can't be had is an empty file, for an error raised within FFmpeg is not to be relied on. A piece that is gone
    costs its pictures; after several in a row the playlist is empty too, and so FFmpeg's reading ends.
    """

    def __init__(self, client: HttpClient, stop: StopSignal, stack: ExitStack) -> None:
        self.failure: SourceError | None = None
        """Why the last thing asked for could not be had; None if it could."""
        self._client = client
        self._stop = stop
        self._stack = stack
        self._missing = 0
        self._given_up = False

    def begin(self) -> "_Answer":
        """The playlist itself, for the first time.

        Raises:
            SourceError: it can't be had.
        """
        answer = self.open(self._client.address, 0, {})
        self._stack.callback(answer.close)  # all others are closed by FFmpeg
        if self.failure is not None:
            raise self.failure
        return answer

    def open(self, url: str, _flags: int, options: dict[str, str]) -> "_Answer":
        """See `InputSpec.fetch`."""
        closing = ExitStack()
        if self._stop.is_set() or self._given_up or urlsplit(url).scheme.lower() not in ("http", "https"):
            return _Answer(url, iter(()), closing)
        is_playlist = url == self._client.address or urlsplit(url).path.lower().endswith((".m3u8", ".m3u"))
        try:
            response = closing.enter_context(self._client.get(url, _byte_range(options)))
        except SourceError as error:
            self.failure = error.with_traceback(None)
            self._missing += 1
            self._given_up = is_playlist or self._missing >= _MISSING_AT_MOST
            return _Answer(url, iter(()), closing)
        if not is_playlist:
            self.failure, self._missing = None, 0
        return _Answer(url, self._told(self._client.body(response)), closing)

    def _told(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """`chunks`, their failure noted instead of raised."""
        try:
            yield from chunks
        except SourceError as error:
            self.failure = error.with_traceback(None)


def _byte_range(options: dict[str, str]) -> dict[str, str]:
    first, end = options.get("offset"), options.get("end_offset")
    if first is None or not end or end == "0":
        return {}
    return {"Range": f"bytes={first}-{int(end) - 1}"}


class _Answer:
    """An answer's body as a file that can be read once."""

    def __init__(self, name: str, chunks: Iterator[bytes], closing: ExitStack) -> None:
        self.name = name
        """FFmpeg resolves what a playlist names against this."""
        self._chunks = chunks
        self._closing = closing
        self._rest = io.BytesIO()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end."""
        while not (data := self._rest.read(size)):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = io.BytesIO(chunk)
        return data

    def close(self) -> None:
        """Let the connection go."""
        self._closing.close()


class HlsFailures:
    """Puts FFmpeg's errors on playlists into words; what fetching met comes first, for it knows better."""

    def __init__(self, client: HttpClient, fetcher: Fetcher) -> None:
        self._client = client
        self._fetcher = fetcher

    def opening(self, error: av.FFmpegError) -> SourceError:
        """See `Failures`."""
        if self._fetcher.failure is not None:
            return self._fetcher.failure
        if isinstance(error, av.ExitError):
            return self._say(SourceReason.TIMEOUT, "names pieces of video but does not send them.", "Restart it.")
        return self._say(
            SourceReason.CORRUPT,
            "sends a playlist that can't be understood, or that names no video.",
            "Check whether another player shows it; a playlist that has just begun may be empty: try again.",
        )

    def reading(self, error: av.FFmpegError | None, *, any_packet: bool, silent: bool) -> SourceError:
        """See `Failures`."""
        if self._fetcher.failure is not None:
            return self._fetcher.failure
        if silent:
            reason = SourceReason.STALLED if any_packet else SourceReason.TIMEOUT
            return self._say(reason, "adds nothing new to its playlist.", "Check what fills it; it may hang.")
        if isinstance(error, av.InvalidDataError):
            return self.undecodable()
        return self._client.ended()

    def undecodable(self) -> SourceError:
        """See `Failures`."""
        return self._say(
            SourceReason.CORRUPT, "sends what can't be decoded to pictures.", "Check whether another player shows it."
        )

    def _say(self, reason: SourceReason, does: str, remedy: str) -> SourceError:
        return SourceError(reason, f"The camera at {self._client.where} {does}", remedy=remedy)


class _Pace:
    """Holds each packet back until its time has come. What comes late is played at once, to catch up."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._due_s: float | None = None
        self._previous_s: float | None = None

    def wait_for(self, packet: VideoPacket) -> bool:
        """Wait for the packet's time; False when told to stop."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.time_base is None:
            return not self._stop.is_set()
        now_s, stamp_s = time.monotonic(), float(stamp * packet.time_base)
        step_s = 0.0 if self._previous_s is None else stamp_s - self._previous_s
        self._previous_s = stamp_s
        if self._due_s is None or now_s - self._due_s > _LATE_AT_MOST_S:
            self._due_s = now_s
        elif 0 <= step_s <= _LONGEST_GAP_S:
            self._due_s += step_s
        return not self._stop.wait(max(0.0, self._due_s - now_s))
