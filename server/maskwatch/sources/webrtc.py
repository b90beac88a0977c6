"""A phone or browser as a camera: WHIP sessions on the loop meet the source in its camera's thread.

`PublisherDesk` answers the offers and decodes; each camera has an `Intake` there, from which `WebRtcSource.run` takes
the newest picture, and H.264 as it came, to be passed on. One publisher a camera: a newer one takes the place of the
older, for it is the same phone whose page was loaded again far more often than two phones that quarrel (both need the
camera's token).
"""

import asyncio
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

import av
import structlog
from aiortc import MediaStreamTrack, RTCRtpTransceiver
from aiortc.mediastreams import MediaStreamError
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.core.ports import EncodedPacket, FrameSource, SourceSink, StopSignal, StreamInfo
from maskwatch.errors import ConfigError, SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.rtc.aiortc_inside import (
    TICKS_MODULUS,
    ask_for_keyframe,
    decoder_backlog,
    forget_backlog,
    skip_lost_packets,
    tap_encoded,
)
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.offers import Role, read_offer
from maskwatch.rtc.peer import Peer, PeerTable, video_codecs
from maskwatch.sources.intake import MAX_PACKETS, Intake

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
_KEYFRAMES_APART_S = 0.5
_KEYFRAME_WITHIN_S = 10.0
"""Browsers make one in minutes, unless asked: clips, which begin at one, would be too long to be kept in memory."""
_H264_KEYFRAME = re.compile(rb"\x00\x00\x01[\x05\x25\x45\x65]")
"""The start of an IDR slice, whatever its importance says."""


class WebRtcConfig(BaseModel):
    """Settings of a camera that a phone or browser sends to."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    type: Literal["webrtc"] = "webrtc"
    url: str = Field(pattern=r"(?i)^webrtc:/{0,2}$")
    """`webrtc:`; there is nothing to connect to, the phone comes by itself."""
    stall_timeout_s: float = Field(default=3.0, gt=0, le=60)
    """Seconds without a picture until the camera is called stalled. A killed browser is noticed only after 32."""


class WebRtcSource:
    """The pictures that a phone or browser sends. Waits for it, and fails when it goes or falls silent."""

    waiting_message = "Waiting for a phone or browser: open this camera's publish page on it and start sending."
    """What the supervisor shows until the first picture."""

    def __init__(self, config: WebRtcConfig, intake: Intake) -> None:
        self._config = config
        self._intake = intake

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        opened: StreamInfo | None = None
        publication, last_s = 0, float("inf")
        early: deque[EncodedPacket] = deque(maxlen=MAX_PACKETS)
        while not stop.is_set():
            delivery = self._intake.take(_POLL_S)
            if delivery.publication != publication:
                publication, opened = delivery.publication, None
                early.clear()
            if delivery.info is not None and delivery.info != opened:
                opened = delivery.info
                sink.opened(opened)
            # Encoded pictures come before it is known how large they are.
            early.extend(delivery.packets)
            while opened is not None and early:
                sink.packet(early.popleft())
            if delivery.frame is not None:
                last_s = delivery.frame.captured_monotonic_s
                sink.frame(delivery.frame)
            elif last_s != float("inf"):
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
        self._publications: dict[str, _Publication] = {}
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
            NotFoundError: the camera was removed, or another browser took its place, before there was an answer.
        """
        offer = read_offer(sdp, Role.SENDS)
        peer = Peer(camera, offer, self._ice, on_end=self._peers.discard)
        self._peers.add(peer)
        transceiver = peer.connection.addTransceiver("video", direction="recvonly")
        # H.264 first: phones encode it in hardware, and it reaches the viewers as it is.
        transceiver.setCodecPreferences(video_codecs("H264", "VP8"))
        answer = await peer.answer()
        self._peers.get(camera, peer.id)
        self._peers.replace_older(peer)
        publication = self._publications[camera] = _Publication(peer, transceiver, self.intake(camera))
        peer.run_until_end(publication.read())
        peer.run_until_end(publication.keep_going())
        return peer, with_bitrates(answer)

    def want_keyframe(self, camera: str) -> None:
        """Ask whoever sends to `camera` for a keyframe; nothing happens if nobody does."""
        if (publication := self._publications.get(camera)) is not None:
            publication.want_keyframe()

    def session(self, camera: str, session: str) -> Peer:
        """A running session.

        Raises:
            NotFoundError: there is none such.
        """
        return self._peers.get(camera, session)

    def remove(self, camera: str) -> None:
        """The camera is no more: whoever sends to it is sent home."""
        self._peers.end_camera(camera, "the camera was removed")
        self._publications.pop(camera, None)
        with self._lock:
            self._intakes.pop(camera, None)

    async def close(self) -> None:
        """End every session."""
        await self._peers.close()


class _Publication:
    """One publisher's pictures, taken from aiortc as they come and put into the camera's intake."""

    def __init__(self, peer: Peer, transceiver: RTCRtpTransceiver, intake: Intake) -> None:
        self._peer = peer
        self._receiver = transceiver.receiver
        self._track: MediaStreamTrack = transceiver.receiver.track
        self._codec = ""
        self._intake = intake
        self._number = intake.begin()
        self._origin: int | None = None
        self._last_s = time.monotonic()
        self._keyframe_s = float("-inf")
        self._asked_s = float("-inf")
        self._ask_later: asyncio.TimerHandle | None = None
        tap_encoded(transceiver.receiver, self._encoded)

    async def read(self) -> None:
        """Read decoded pictures until the publisher goes."""
        try:
            while True:
                video = await self._track.recv()
                if not isinstance(video, av.VideoFrame) or video.pts is None:
                    continue
                self._last_s = time.monotonic()
                h264 = self._codec == "h264"
                info = StreamInfo(
                    codec=self._codec,
                    width=video.width,
                    height=video.height,
                    passthrough=h264,
                    keyframes_on_request=h264,
                )
                self._intake.put(self._number, video, info, self._ticks(video.pts))
                if decoder_backlog(self._receiver) > _MAX_BACKLOG:
                    dropped = forget_backlog(self._receiver)
                    _log.warning("decoding a publisher is too slow", camera=self._peer.camera, dropped=dropped)
        except MediaStreamError:
            self._peer.end("the browser stopped sending")
        finally:
            self._intake.end(self._number)
            if self._ask_later is not None:
                self._ask_later.cancel()

    def want_keyframe(self) -> None:
        """Ask for a keyframe; at most two a second, whoever asks and however often."""
        if self._ask_later is not None or self._peer.ended:
            return
        loop = asyncio.get_running_loop()
        wait_s = max(0.0, self._asked_s + _KEYFRAMES_APART_S - loop.time())
        self._ask_later = loop.call_later(wait_s, self._ask)

    def _ask(self) -> None:
        self._ask_later = None
        self._asked_s = asyncio.get_running_loop().time()
        ask_for_keyframe(self._receiver)

    def _encoded(self, codec: str, data: bytes, timestamp: int) -> None:
        """A picture as it came, on its way to the decoder."""
        self._codec = codec.lower()
        if self._codec == "h264":
            packet = EncodedPacket(
                data=data,
                ticks=self._ticks(timestamp),
                keyframe=_H264_KEYFRAME.search(data) is not None,
                captured_monotonic_s=time.monotonic(),
            )
            if packet.keyframe:
                self._keyframe_s = packet.captured_monotonic_s
            self._intake.put_packet(self._number, packet)

    def _ticks(self, timestamp: int) -> int:
        # aiortc counts from 0 at each publisher's first picture; media time must not jump back.
        if self._origin is None:
            self._origin = int(time.monotonic() * 90_000) - timestamp
        return (self._origin + timestamp) % TICKS_MODULUS

    async def keep_going(self) -> None:
        """Don't wait for lost packets for longer than it takes to send them again, and see to keyframes."""
        while True:
            await asyncio.sleep(_PATIENCE_S / 2)
            if self._codec == "h264" and time.monotonic() - self._keyframe_s > _KEYFRAME_WITHIN_S:
                self.want_keyframe()
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
