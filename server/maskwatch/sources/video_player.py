"""Decodes one video stream and delivers its pictures, and its packets where browsers can be given them as they are."""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import av
import av.container
import av.video.stream
import structlog
from av.bitstream import BitStreamFilterContext
from av.video.frame import PictureType

from maskwatch.core.ports import EncodedPacket, RawFrame, SourceSink, StopSignal, StreamInfo
from maskwatch.errors import SourceError
from maskwatch.sources.av_input import InputSpec, VideoPacket, codec_unsupported, read_packets
from maskwatch.sources.lag import LagMeter
from maskwatch.sources.lately import Lately
from maskwatch.sources.media_clock import TICKS_PER_S, MediaClock
from maskwatch.sources.picture import DecodedPicture, Scaler

_log = structlog.get_logger(__name__)

_BROWSER_PIXELS = frozenset({"yuv420p", "yuvj420p", "nv12"})  # the last is the first, decoded by hardware
_SPS_START = re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67]")
_VPS_START = re.compile(rb"\x00\x00\x01\x40[\x00-\xff]")
_NO_PICTURE_AFTER_S = 10.0
"""Packets that keep coming without giving a picture for this long can't be decoded."""
_LATE_S, _CAUGHT_UP_S = 1.0, 0.4
"""A stream that is later than the first is caught up with: nothing is decoded until it is less late than the second."""
_LEAST_STEP_S = 0.001
"""Between two pictures of one camera."""
_MOST_WAITING = 64
"""Packets that wait for the first picture: more than a decoder has to put into order (16 pictures of two fields)."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """When a packet came, carried through the decoder to the picture that comes of it."""

    ticks: int
    monotonic_s: float
    utc: datetime


class VideoPlayer:
    """Decodes one video stream, in the calling thread, and delivers its pictures and packets to a sink."""

    def __init__(
        self,
        stream: av.video.stream.VideoStream,
        sink: SourceSink,
        *,
        spec: InputSpec,
        audio_codec: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        lately: Lately | None = None,
    ) -> None:
        """With `lately`, packets are kept there, and only keyframes are decoded while it says that nobody looks."""
        self.pictures = 0
        self._captured_s = float("-inf")
        self._decoded_s = 0.0
        """Processor time of this thread that decoding took since the last picture was delivered."""
        self._stream = stream
        self._sink = sink
        self._spec = spec
        self._audio_codec = audio_codec
        self._clock = clock
        self._lately = lately
        self._skipped = False
        self._media_clock = MediaClock()
        self._info: StreamInfo | None = None
        self._shape: tuple[int | str | bool, ...] = ()
        """What the newest picture was like: only when it changes is there something to tell."""
        self._b_frames = False
        self._interlaced = False
        self._scaler = Scaler()
        self._lag = LagMeter()
        self._catching_up = False
        self._last_picture_s = clock()
        self._unsupported = False
        context = stream.codec_context
        context.thread_count = 1  # the cheapest
        if not spec.loop_filter:
            # Measured on scenes coded at 1 and 2 Mbit/s: as many faces found, as many verdicts right.
            context.options = {"skip_loop_filter": "all"}
        context.copy_opaque = True
        self._waiting: deque[EncodedPacket] = deque(maxlen=_MOST_WAITING)
        self._annex_b = _AnnexB(stream) if context.name in ("h264", "hevc") else None

    def feed(self, packet: VideoPacket) -> None:
        """Decode one packet (an empty one drains the decoder) and deliver what comes of it.

        Raises:
            SourceError: nothing has been decodable for long.
        """
        now_s = self._clock()
        time_base = packet.time_base
        timestamp = None if packet.pts is None or time_base is None else int(packet.pts * time_base * TICKS_PER_S)
        arrival = _Arrival(self._media_clock.ticks(timestamp, now_s), now_s, datetime.now(UTC))
        data = bytes(packet) if self._annex_b is not None and packet.size else b""
        if data and self._may_skip(packet, data, arrival):
            self._pass_on(data, packet, arrival, timestamp)
            return
        packet.opaque = arrival
        if self._falls_behind(packet, now_s):
            frames = []
            self._last_picture_s = now_s
        else:
            frames = self._decode(packet)
        if frames:
            self._look_at_format(frames)
            self._last_picture_s = now_s
        elif now_s - self._last_picture_s > _NO_PICTURE_AFTER_S:
            raise self.undecodable()
        self._pass_on(data, packet, arrival, timestamp)
        for frame in frames:
            self._deliver(frame, arrival)

    def _may_skip(self, packet: VideoPacket, data: bytes, arrival: _Arrival) -> bool:
        """Whether this packet need not be decoded: nobody looks, or what it builds upon was not decoded either."""
        if self._lately is None or self._info is None or not self._info.passthrough:
            return False
        self._lately.add(data, keyframe=packet.is_keyframe, arrival_s=arrival.monotonic_s, stream=self._stream)
        if packet.is_keyframe:
            self._skipped = False
        elif self._lately.sleeping():
            self._skipped = True
        return self._skipped

    def _falls_behind(self, packet: VideoPacket, now_s: float) -> bool:
        """Whether to leave `packet` undecoded: what waits in the network's buffers grows older with each picture."""
        if not self._spec.catches_up or packet.time_base is None:
            return False
        lag_s = self._lag.lag_s(None if packet.dts is None else float(packet.dts * packet.time_base), now_s)
        if lag_s > _LATE_S and not self._catching_up:
            self._catching_up = True
            _log.warning("pictures come too late: leaving some out", source=self._spec.shown, late_s=round(lag_s, 1))
        elif self._catching_up and packet.is_keyframe and lag_s < _CAUGHT_UP_S:
            self._catching_up = False
        return self._catching_up

    def undecodable(self) -> SourceError:
        """Why there is no picture although packets come."""
        if self._unsupported:
            return codec_unsupported(self._spec.shown, self._stream.codec_context.name)
        return self._spec.failures.undecodable()

    def _decode(self, packet: VideoPacket) -> list[av.VideoFrame]:
        began_s = time.thread_time()
        try:
            return packet.decode()
        except (av.DecoderNotFoundError, av.PatchWelcomeError, av.error.NotImplementedError):
            self._unsupported = True
        except av.EOFError:
            pass
        except av.FFmpegError:
            # A packet damaged on the way costs a picture, not the camera.
            pass
        finally:
            self._decoded_s += time.thread_time() - began_s
        return []

    def _look_at_format(self, frames: list[av.VideoFrame]) -> None:
        """Say what the stream is, at the first picture and whenever that changes."""
        newest, before = frames[-1], self._shape
        context = self._stream.codec_context
        b_frames = context.has_b_frames or any(frame.pict_type == PictureType.B for frame in frames)
        interlaced = any(frame.interlaced_frame for frame in frames)
        self._shape = (newest.width, newest.height, newest.format.name, newest.rotation, b_frames, interlaced)
        if self._shape == before:
            return
        self._b_frames = self._b_frames or b_frames
        self._interlaced = self._interlaced or interlaced
        sideways = newest.rotation % 180 != 0
        info = StreamInfo(
            codec=context.name,
            width=newest.height if sideways else newest.width,
            height=newest.width if sideways else newest.height,
            fps=_frames_per_s(self._stream),
            passthrough=(
                context.name == "h264"
                and not self._b_frames
                and newest.format.name in _BROWSER_PIXELS
                and newest.rotation == 0
                and not self._interlaced
            ),
            audio_codec=self._audio_codec,
            b_frames=self._b_frames,
            transport=self._spec.transport,
        )
        if info != self._info:
            self._info = info
            self._sink.opened(info)

    def _pass_on(self, data: bytes, packet: VideoPacket, arrival: _Arrival, timestamp: int | None) -> None:
        """Pass packets on; they wait for the first picture, which a decoder of B-frames gives some packets later."""
        keyframe = packet.is_keyframe
        if self._annex_b is not None and data and (converted := self._annex_b.convert(data, keyframe=keyframe)):
            if keyframe:
                self._waiting.clear()  # nothing before it gave a picture
            self._waiting.append(
                EncodedPacket(
                    data=converted,
                    ticks=arrival.ticks,
                    keyframe=keyframe,
                    captured_monotonic_s=arrival.monotonic_s,
                    shown_ticks=timestamp,
                )
            )
        if self._info is not None:
            for one in self._waiting:
                self._sink.packet(one if self._b_frames else replace(one, shown_ticks=None))
            self._waiting.clear()

    def _deliver(self, frame: av.VideoFrame, newest: _Arrival) -> None:
        # With B-frames, packets come in another order than their pictures; looks must not go back in time.
        arrival = frame.opaque if isinstance(frame.opaque, _Arrival) and not self._b_frames else newest
        self.pictures += 1
        # A decoder that is drained gives several pictures at once: each still has a time of its own.
        self._captured_s = max(arrival.monotonic_s, self._captured_s + _LEAST_STEP_S)
        picture = DecodedPicture(frame, self._scaler)
        decoded_s, self._decoded_s = self._decoded_s, 0.0
        self._sink.frame(
            RawFrame(
                sequence=self.pictures,
                captured_monotonic_s=self._captured_s,
                captured_utc=arrival.utc,
                to_rgb=picture.rgb,
                picture=picture,
                decode_s=decoded_s,
                media_ticks=arrival.ticks if self._info is not None and self._info.passthrough else None,
            )
        )


def play_live(
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    player: VideoPlayer,
    stop: StopSignal,
    *,
    spec: InputSpec,
) -> None:
    """Play packets as they come until told to stop.

    Raises:
        SourceError: no more come, for whatever reason: a live stream has no end of its own.
    """
    heard_s, any_packet = time.monotonic(), False
    failure: SourceError | None = None
    try:
        for packet in read_packets(container, stream, spec.failures):
            if stop.is_set():
                return
            if packet.size:
                heard_s, any_packet = time.monotonic(), True
            player.feed(packet)
    except SourceError as error:
        failure = error
    if stop.is_set():
        return
    # FFmpeg tells a read that was given up as an end of the stream, or in one of several other ways.
    if spec.read_timeout_s is not None and time.monotonic() - heard_s >= 0.9 * spec.read_timeout_s:
        raise spec.failures.reading(None, any_packet=any_packet, silent=True)
    raise failure or spec.failures.reading(None, any_packet=any_packet, silent=False)


class _AnnexB:
    """Makes H.264 and H.265 packets self-contained: start codes, and the parameter sets before each keyframe."""

    def __init__(self, stream: av.video.stream.VideoStream) -> None:
        extradata = stream.codec_context.extradata or b""
        codec = stream.codec_context.name
        # Configuration records begin with their version, 1; Annex B with a start code.
        self._filter = BitStreamFilterContext(f"{codec}_mp4toannexb", stream) if extradata[:1] == b"\x01" else None
        self._parameter_sets = extradata
        self._set_start = _SPS_START if codec == "h264" else _VPS_START

    def convert(self, data: bytes, *, keyframe: bool) -> bytes:
        """`data` as Annex B."""
        if self._filter is not None:
            try:
                return b"".join(bytes(packet) for packet in self._filter.filter(av.Packet(data)))
            except av.FFmpegError:
                return b""  # Cut off in the middle; the decoder has already said what can be made of it.
        if keyframe and not self._set_start.search(data, 0, 4096):
            return self._parameter_sets + data
        return data


def _frames_per_s(stream: av.video.stream.VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    fps = float(rate) if rate else 0.0
    return round(fps, 2) if 0 < fps <= 240 else None
