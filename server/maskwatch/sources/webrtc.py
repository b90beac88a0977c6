"""A phone or browser as a camera: WHIP sessions on the loop meet the source in its camera's thread.

`PublisherDesk` answers the offers and decodes; each camera has an `Intake` there, which holds the newest picture for
`WebRtcSource.run`. One publisher a camera: a newer one takes the place of the older, for it is the same phone whose
page was loaded again far more often than two phones that quarrel (both need the camera's token).
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

import av
import numpy as np
import structlog
from aiortc import MediaStreamTrack, RTCRtpTransceiver
from aiortc.mediastreams import MediaStreamError
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.core.ports import FrameSource, RawFrame, SourceSink, StopSignal, StreamInfo
from maskwatch.core.types import Image
from maskwatch.errors import ConfigError, SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.rtc.aiortc_inside import TICKS_MODULUS, decoder_backlog, forget_backlog, skip_lost_packets
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.offers import Role, read_offer
from maskwatch.rtc.peer import Peer, PeerTable, video_codecs

_log = structlog.get_logger(__name__)

_POLL_S = 0.25
"""How often a source without frames looks whether it shall stop."""
_MAX_PUBLISHERS = 256
_MAX_BACKLOG = 30
"""Encoded pictures that may wait for their decoder: a second's. Then it is too slow, and what waits is dropped."""
_PATIENCE_S = 0.4
"""How long packets that were lost are waited for; then the picture goes on without them."""
_BITRATES_KBPS = {"x-google-start-bitrate": 2500, "x-google-min-bitrate": 600, "x-google-max-bitrate": 4000}
"""Chromium starts at 300 kbit/s and takes many seconds to reach full size, unless told otherwise."""


class WebRtcConfig(BaseModel):
    """Settings of a camera that a phone or browser sends to."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    type: Literal["webrtc"] = "webrtc"
    url: str = Field(pattern=r"(?i)^webrtc:/{0,2}$")
    """`webrtc:`; there is nothing to connect to, the phone comes by itself."""
    stall_timeout_s: float = Field(default=3.0, gt=0, le=60)
    """Seconds without a picture until the camera is called stalled. A killed browser is noticed only after 32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """One decoded picture, with what is known of the stream it is of."""

    frame: RawFrame
    info: StreamInfo
    publication: int


class Intake:
    """Where one camera's pictures are handed from the loop to the source's thread. Holds the newest only."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._publication = 0
        self._publishing = False
        self._sequence = 0
        self._newest: _Arrival | None = None

    @property
    def publishing(self) -> bool:
        """Whether somebody is sending to this camera."""
        return self._publishing

    def begin(self) -> int:
        """A publisher came; its number, which it gives with all it brings."""
        with self._changed:
            self._publication += 1
            self._publishing = True
            self._newest = None
            return self._publication

    def end(self, publication: int) -> None:
        """The publisher of this number has gone. Nothing happens if another took its place."""
        with self._changed:
            if publication == self._publication:
                self._publishing = False
                self._newest = None
                self._changed.notify_all()

    def put(self, publication: int, video: av.VideoFrame, codec: str, ticks: int) -> None:
        """Bring a picture; it takes the place of one that nobody took."""
        with self._changed:
            if publication != self._publication or not self._publishing:
                return
            self._sequence += 1
            frame = RawFrame(
                sequence=self._sequence,
                captured_monotonic_s=time.monotonic(),
                captured_utc=datetime.now(UTC),
                to_rgb=_RgbOnce(video),
                media_ticks=ticks,
            )
            info = StreamInfo(codec=codec, width=video.width, height=video.height)
            self._newest = _Arrival(frame=frame, info=info, publication=publication)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> _Arrival | None:
        """The newest picture; None if none comes within the time or the publisher goes."""
        with self._changed:
            if self._newest is None:
                self._changed.wait(timeout_s)
            newest, self._newest = self._newest, None
            return newest


class _RgbOnce:
    """Converts a decoded picture when first asked, and lets go of the decoder's buffer. Callable from any thread."""

    def __init__(self, video: av.VideoFrame) -> None:
        self._video: av.VideoFrame | None = video
        self._image: Image | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Image:
        with self._lock:
            if self._image is None and self._video is not None:
                self._image, self._video = np.asarray(self._video.to_ndarray(format="rgb24"), np.uint8), None
            return cast("Image", self._image)


class WebRtcSource:
    """The pictures that a phone or browser sends. Waits for it, and fails when it goes or falls silent."""

    waiting_message = "Waiting for a phone or browser: open this camera's publish page on it and start sending."
    """What the supervisor shows until the first picture."""

    def __init__(self, config: WebRtcConfig, intake: Intake) -> None:
        self._config = config
        self._intake = intake

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        opened: tuple[StreamInfo, int] | None = None
        last_s = 0.0
        while not stop.is_set():
            arrival = self._intake.take(_POLL_S)
            if arrival is not None:
                if opened != (arrival.info, arrival.publication):
                    opened = (arrival.info, arrival.publication)
                    sink.opened(arrival.info)
                last_s = arrival.frame.captured_monotonic_s
                sink.frame(arrival.frame)
            elif opened is not None:
                self._see_that_it_lives(last_s)

    def _see_that_it_lives(self, last_frame_s: float) -> None:
        if not self._intake.publishing:
            raise SourceError(
                SourceReason.ENDED,
                "The phone or browser stopped sending.",
                remedy="Open this camera's publish page on it and start again.",
            )
        if time.monotonic() - last_frame_s >= self._config.stall_timeout_s:
            raise SourceError(
                SourceReason.STALLED,
                "The phone or browser sends no more pictures.",
                remedy="Keep its publish page open and its screen on, and see that it has a network.",
            )


class PublisherDesk:
    """Answers those who want to be a camera, and keeps an intake for each camera. On the loop, but for `intake`."""

    def __init__(self, ice: IceSettings, *, on_peers: Callable[[int], None] | None = None) -> None:
        self._ice = ice
        self._peers = PeerTable(limit=_MAX_PUBLISHERS, on_count=on_peers)
        self._intakes: dict[str, Intake] = {}
        self._lock = threading.Lock()

    @property
    def ice(self) -> IceSettings:
        """What connections are made with."""
        return self._ice

    def intake(self, camera: str) -> Intake:
        """The intake of `camera`; callable from any thread."""
        with self._lock:
            return self._intakes.setdefault(camera, Intake())

    async def publish(self, camera: str, sdp: str) -> tuple[Peer, str]:
        """Let a browser send to `camera`; its session and the SDP answer.

        Raises:
            InvalidRequestError: the offer can't be used.
            BusyError: too many publish already.
        """
        offer = read_offer(sdp, Role.SENDS)
        peer = Peer(camera, offer, self._ice, on_end=self._peers.discard)
        self._peers.add(peer)
        transceiver = peer.connection.addTransceiver("video", direction="recvonly")
        # H.264 first: phones encode it in hardware, and it is the cheaper one to decode here.
        transceiver.setCodecPreferences(video_codecs("H264", "VP8"))
        answer = await peer.answer()
        self._peers.replace_others(peer)
        publication = _Publication(peer, transceiver, self.intake(camera))
        peer.run_until_end(publication.read())
        peer.run_until_end(publication.keep_going())
        return peer, with_bitrates(answer)

    def session(self, camera: str, session: str) -> Peer:
        """A running session.

        Raises:
            NotFoundError: there is none such.
        """
        return self._peers.get(camera, session)

    def remove(self, camera: str) -> None:
        """The camera is no more: whoever sends to it is sent home."""
        self._peers.end_camera(camera, "the camera was removed")
        with self._lock:
            self._intakes.pop(camera, None)

    async def close(self) -> None:
        """End every session."""
        await self._peers.close()


class _Publication:
    """One publisher's pictures, read from aiortc as they come and put into the camera's intake."""

    def __init__(self, peer: Peer, transceiver: RTCRtpTransceiver, intake: Intake) -> None:
        self._peer = peer
        self._receiver = transceiver.receiver
        self._track: MediaStreamTrack = transceiver.receiver.track
        self._codec = min(peer.offer.video_codecs).lower()
        self._intake = intake
        self._number = intake.begin()
        self._last_s = time.monotonic()

    async def read(self) -> None:
        """Read until the publisher goes."""
        origin: int | None = None
        try:
            while True:
                video = await self._track.recv()
                if not isinstance(video, av.VideoFrame) or video.pts is None:
                    continue
                self._last_s = time.monotonic()
                # aiortc counts from 0 at each publisher's first picture; media time must not jump back.
                if origin is None:
                    origin = int(self._last_s * 90_000) - video.pts
                self._intake.put(self._number, video, self._codec, (origin + video.pts) % TICKS_MODULUS)
                if decoder_backlog(self._receiver) > _MAX_BACKLOG:
                    dropped = forget_backlog(self._receiver)
                    _log.warning("decoding a publisher is too slow", camera=self._peer.camera, dropped=dropped)
        except MediaStreamError:
            self._peer.end("the browser stopped sending")
        finally:
            self._intake.end(self._number)

    async def keep_going(self) -> None:
        """Don't wait for lost packets for longer than it takes to send them again."""
        while True:
            await asyncio.sleep(_PATIENCE_S / 2)
            if time.monotonic() - self._last_s > _PATIENCE_S and skip_lost_packets(self._receiver):
                _log.debug("a publisher's packets were lost", camera=self._peer.camera)


def with_bitrates(answer: str) -> str:
    """Tell Chromium in `answer` to start at a bitrate that full 720p needs."""
    hint = ";".join(f"{name}={value}" for name, value in _BITRATES_KBPS.items())
    video = re.findall(r"(?m)^a=rtpmap:(\d+) (?:VP8|H264)/90000\r?$", answer)
    for payload_type in video:
        answer, changed = re.subn(rf"(?m)^(a=fmtp:{payload_type} [^\r\n]+)", rf"\1;{hint}", answer)
        if not changed:
            rtpmap = rf"(?m)^(a=rtpmap:{payload_type} [^\r\n]+\r?\n)"
            answer = re.sub(rtpmap, rf"\1a=fmtp:{payload_type} {hint}\r\n", answer)
    return answer


def _create(config: WebRtcConfig, *, camera: str, publishers: PublisherDesk | None = None, **_: object) -> FrameSource:
    if publishers is None:
        raise ConfigError(
            "A phone or browser can be a camera only of the running server.",
            remedy="Start `maskwatch serve`, add the camera there, and open its publish page on the phone.",
        )
    return WebRtcSource(config, publishers.intake(camera))


PLUGIN: Plugin[FrameSource] = Plugin(type="webrtc", config=WebRtcConfig, create=_create, schemes=("webrtc",))
