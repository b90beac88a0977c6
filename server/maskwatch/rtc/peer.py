"""One WebRTC connection, from the offer to its end, and the table of all of them. Everything here lives on the loop."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Coroutine

import structlog
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.rtcrtpsender import RTCRtpSender

from maskwatch.errors import BusyError, InvalidRequestError, NotFoundError
from maskwatch.rtc.aiortc_inside import end_decoder, finish_closing, offer_addresses
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.offers import Offer, read_candidates

_log = structlog.get_logger(__name__)

_CONNECT_WITHIN_S = 20.0
"""A browser that has its answer and does not connect for this long is given up."""


class Peer:
    """A browser's connection to one camera. Make it, `answer`, and `end` it; it also ends when the browser goes.

    `prepare` in `answer` sets it up for sending or receiving. `on_end` is called once, at whatever end.
    """

    def __init__(self, camera: str, offer: Offer, ice: IceSettings, *, on_end: Callable[["Peer"], None]) -> None:
        self.id = secrets.token_urlsafe(18)
        self.etag = secrets.token_hex(8)
        self.camera = camera
        self.offer = offer
        self._ice = ice
        self._on_end = on_end
        self._closing: asyncio.Task[None] | None = None
        self._answering = asyncio.Lock()
        self._when_ending: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._deadline: asyncio.TimerHandle | None = None
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=list(ice.servers), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.connection.on("connectionstatechange", self._state_changed)

    @property
    def ended(self) -> bool:
        """Whether it has ended or is ending."""
        return self._closing is not None

    async def answer(self) -> str:
        """Take the offer, gather the server's addresses, and give the SDP answer.

        Raises:
            InvalidRequestError: aiortc can't answer it after all.
        """
        answered = False
        try:
            async with self._answering:
                await self.connection.setRemoteDescription(RTCSessionDescription(sdp=self.offer.sdp, type="offer"))
                for transceiver in self.connection.getTransceivers():
                    if transceiver.kind == "audio":
                        transceiver.direction = "inactive"
                offer_addresses(self.connection, self._ice.host_addresses(), self._ice.where)
                await self.connection.setLocalDescription()
            self._check_relay()
            answered = True
        except (ValueError, InvalidAccessError, InvalidStateError, OperationError):
            raise InvalidRequestError(
                "The SDP offer can't be answered.",
                remedy="Send the offer of a browser's RTCPeerConnection.",
                code="sdp_invalid",
            ) from None
        finally:
            if not answered:
                self.end("the offer was not answered")
        self._deadline = asyncio.get_running_loop().call_later(_CONNECT_WITHIN_S, self._too_late)
        return self.connection.localDescription.sdp

    async def trickle(self, fragment: str) -> None:
        """Take further candidates of the browser.

        Raises:
            InvalidRequestError: they make no sense, or ask for an ICE restart.
        """
        for candidate in read_candidates(fragment, self.offer):
            await self.connection.addIceCandidate(candidate)

    def run_until_end(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` in a task that ends with the connection at the latest."""
        task = asyncio.get_running_loop().create_task(work, name=f"peer-{self.camera}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def when_ending(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the connection begins to end."""
        self._when_ending.append(callback)

    def end(self, reason: str) -> "asyncio.Task[None]":
        """End the connection, if it has not ended; gives the task that does."""
        if self._closing is None:
            _log.info("webrtc session ended", camera=self.camera, reason=reason)
            if self._deadline is not None:
                self._deadline.cancel()
            self._closing = asyncio.get_running_loop().create_task(self._close(), name=f"close-peer-{self.camera}")
            for callback in self._when_ending:
                callback()
            self._on_end(self)
        return self._closing

    def _check_relay(self) -> None:
        """Say so if a TURN server is named and gives no relay: aioice passes over that, and nobody would know why."""
        if self._ice.has_relay and " typ relay" not in self.connection.localDescription.sdp:
            _log.warning(
                "the TURN server gives no relay",
                camera=self.camera,
                remedy="See that it runs, and that username and credential in live.ice_servers are the ones it knows.",
            )

    async def _close(self) -> None:
        for task in (tasks := tuple(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with self._answering:
            pass  # aioice opens ports even for a connection that was closed meanwhile, and never closes those
        for receiver in self.connection.getReceivers():
            await end_decoder(receiver)
        try:
            await self.connection.close()
        finally:
            await finish_closing(self.connection)

    def _state_changed(self) -> None:
        state = self.connection.connectionState
        if state == "connected" and self._deadline is not None:
            self._deadline.cancel()
        elif state in ("failed", "closed"):
            self.end(f"connection {state}")

    def _too_late(self) -> None:
        if self.connection.connectionState != "connected":
            self.end("no connection came about")


class PeerTable:
    """All sessions of one kind, by id. Bounded and counted; `on_count` hears of every change.

    `elsewhere` is how many of the places are taken by others.
    """

    def __init__(
        self,
        *,
        limit: int,
        on_count: Callable[[int], None] | None = None,
        elsewhere: Callable[[], int] = lambda: 0,
    ) -> None:
        self._limit = limit
        self._elsewhere = elsewhere
        self._on_count = on_count or (lambda _count: None)
        self._peers: dict[str, Peer] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._replaced: deque[str] = deque(maxlen=64)
        self._closed = False

    def __len__(self) -> int:
        return len(self._peers)

    def add(self, peer: Peer) -> None:
        """Take `peer` in, before it answers.

        Raises:
            BusyError: all places are taken, or the server is stopping; the peer is ended.
        """
        try:
            self.check_room()
        except BusyError:
            peer.end("there is no room for it")
            raise
        self._peers[peer.id] = peer
        self._on_count(len(self._peers))

    def check_room(self) -> None:
        """See that there is a place.

        Raises:
            BusyError: all are taken, or the server is stopping.
        """
        taken = len(self._peers) + self._elsewhere()
        if self._closed or taken >= self._limit:
            raise BusyError(
                f"{taken} browsers exchange live video with this server, as many as the settings allow.",
                remedy="Close one of the others, or raise live.max_viewers.",
            )

    def discard(self, peer: Peer) -> None:
        """Let go of `peer`, which is ending; `close` still waits for its end."""
        closing = peer.end("discarded")
        self._ending.add(closing)
        closing.add_done_callback(self._ending.discard)
        if self._peers.pop(peer.id, None) is not None:
            self._on_count(len(self._peers))

    def get(self, camera: str, session: str) -> Peer:
        """The session `session` of `camera`.

        Raises:
            NotFoundError: there is none such, or it has ended.
        """
        peer = self._peers.get(session)
        if session in self._replaced:
            raise NotFoundError(
                "Another phone or browser took the place of this one.",
                remedy="Stop the other one first, or give this one a camera of its own.",
                code="session_replaced",
            )
        if peer is None or peer.camera != camera:
            raise NotFoundError("There is no such session, or it has ended.", remedy="Make a new one.")
        return peer

    def end_camera(self, camera: str, reason: str) -> None:
        """End all sessions of `camera`, without waiting."""
        for peer in [peer for peer in self._peers.values() if peer.camera == camera]:
            peer.end(reason)

    def replace_older(self, newest: Peer) -> None:
        """End the sessions of the same camera that came before. Whoever asks for one of them is told why it ended."""
        came = list(self._peers.values())
        for peer in came[: came.index(newest)]:
            if peer.camera == newest.camera:
                self._replaced.append(peer.id)
                peer.end("another took its place")

    async def close(self) -> None:
        """End every session, and take in no more."""
        self._closed = True
        for peer in list(self._peers.values()):
            peer.end("the server stops")
        if self._ending:
            await asyncio.gather(*self._ending)


def video_codecs(*names: str) -> list[RTCRtpCodecCapability]:
    """aiortc's video codecs by these names, most wanted first, with retransmission."""
    known = RTCRtpSender.getCapabilities("video").codecs
    wanted = [codec for name in names for codec in reversed(known) if codec.name == name]
    return [*wanted, *(codec for codec in known if codec.name == "rtx")]
