"""Who watches what: WHEP sessions join the feeds of cameras here."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiortc import RTCRtpTransceiver

from maskwatch.config import LiveSettings
from maskwatch.core.ports import RawFrame
from maskwatch.errors import NotFoundError
from maskwatch.live.feed import CODECS, LiveFeed
from maskwatch.live.fragments import FragmentViewing
from maskwatch.live.stream import StreamFrame, Watcher
from maskwatch.pipeline.telemetry import Telemetry
from maskwatch.rtc.aiortc_inside import TICKS_MODULUS, send_encoded
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.offers import Role, read_offer
from maskwatch.rtc.peer import Peer, PeerTable, video_codecs


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """A browser's session that watches. `media_origin` is its RTP timestamp at media tick 0, modulo 2**32."""

    peer: Peer
    answer: str
    media_origin: int


class LiveHub:
    """The live view of every camera. On the loop, but for the taps, which the cameras' threads call.

    `want_keyframe(camera)` asks the source of a camera for a keyframe, where sources can be asked.
    """

    def __init__(
        self,
        settings: LiveSettings,
        ice: IceSettings,
        *,
        telemetry: Telemetry | None = None,
        on_peers: Callable[[int], None] | None = None,
        on_sockets: Callable[[int], None] | None = None,
        want_keyframe: Callable[[str], None] | None = None,
    ) -> None:
        self._ice = ice
        self._telemetry = telemetry
        self._want_keyframe = want_keyframe
        self._feeds: dict[str, LiveFeed] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._fragments: set[FragmentViewing] = set()
        self._on_sockets = on_sockets or (lambda _count: None)
        self._peers = PeerTable(limit=settings.max_viewers, on_count=on_peers, elsewhere=lambda: len(self._fragments))

    @property
    def ice(self) -> IceSettings:
        """What connections are made with."""
        return self._ice

    def tap(self, camera: str) -> LiveFeed:
        """The feed of `camera`, a `SourceSink`; the same one each time until it is removed."""
        if camera not in self._feeds:
            self._feeds[camera] = LiveFeed(camera, self._telemetry, self._want_keyframe)
        return self._feeds[camera]

    def latest(self, camera: str) -> RawFrame | None:
        """The newest picture of `camera`, if there has been one."""
        feed = self._feeds.get(camera)
        return feed.newest if feed is not None else None

    async def watch(self, camera: str, sdp: str) -> Viewing:
        """Let a browser watch `camera`. Its pictures come as soon as the camera has some.

        Raises:
            NotFoundError: there is no such camera, or not any more when there is an answer.
            InvalidRequestError: the offer can't be used.
            BusyError: as many watch as may.
        """
        feed = self._feed(camera)
        offer = read_offer(sdp, Role.RECEIVES)
        codec = next(codec for codec in CODECS if codec in offer.video_codecs)
        peer = Peer(camera, offer, self._ice, on_end=self._peers.discard)
        self._peers.add(peer)
        transceiver = peer.connection.addTransceiver("video", direction="sendonly")
        transceiver.setCodecPreferences(video_codecs(codec))
        origin = secrets.randbelow(TICKS_MODULUS)
        _Viewer(feed, codec, peer).attach(transceiver, origin)
        answer = await peer.answer()
        self._peers.get(camera, peer.id)
        return Viewing(peer=peer, answer=answer, media_origin=origin)

    def watch_fragments(self, camera: str) -> FragmentViewing:
        """Let a browser watch `camera` by websocket; `end` it in any case.

        Raises:
            NotFoundError: there is no such camera.
            BusyError: as many watch as may.
        """
        feed = self._feed(camera)
        self._peers.check_room()
        viewing = FragmentViewing(camera, feed, on_end=self._forget)
        self._fragments.add(viewing)
        self._on_sockets(len(self._fragments))
        return viewing

    def session(self, camera: str, session: str) -> Peer:
        """A running session.

        Raises:
            NotFoundError: there is none such.
        """
        return self._peers.get(camera, session)

    def remove(self, camera: str) -> None:
        """The camera is no more: whoever watches it is sent home."""
        self._peers.end_camera(camera, "the camera was removed")
        self._end_fragments(camera)
        if (feed := self._feeds.pop(camera, None)) is not None:
            closing = asyncio.get_running_loop().create_task(feed.close(), name=f"close-feed-{camera}")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def send_home(self) -> None:
        """End what is watched by websocket: a web server that stops waits for these requests."""
        self._end_fragments()

    async def close(self) -> None:
        """End every session and all encoding."""
        await self._peers.close()
        for camera in list(self._feeds):
            self.remove(camera)
        await asyncio.gather(*self._closing)

    def _feed(self, camera: str) -> LiveFeed:
        feed = self._feeds.get(camera)
        if feed is None:
            raise NotFoundError(f"There is no camera {camera!r} to watch.", remedy="See the list of cameras.")
        return feed

    def _end_fragments(self, camera: str | None = None) -> None:
        for viewing in [each for each in self._fragments if camera in (None, each.camera)]:
            viewing.end()

    def _forget(self, viewing: FragmentViewing) -> None:
        self._fragments.discard(viewing)
        self._on_sockets(len(self._fragments))


class _Viewer:
    """One browser's sender: joins the feed when its connection stands, not before, so that nothing waits in vain."""

    def __init__(self, feed: LiveFeed, codec: str, peer: Peer) -> None:
        self._feed, self._codec, self._peer = feed, codec, peer
        self._watcher: Watcher | None = None

    def attach(self, transceiver: RTCRtpTransceiver, origin: int) -> None:
        """Make `transceiver` send this camera."""
        send_encoded(transceiver, self, origin)
        self._peer.when_ending(self._leave)

    async def next_frame(self) -> StreamFrame | None:
        """See `OutgoingFrames`; aiortc asks first when the connection stands."""
        if self._watcher is None:
            if self._peer.ended:
                return None
            self._watcher = self._feed.join(self._codec)
        return await self._watcher.next_frame()

    def keyframe_wanted(self) -> None:
        """See `OutgoingFrames`."""
        if self._watcher is not None:
            self._watcher.keyframe_wanted()

    def _leave(self) -> None:
        if self._watcher is not None:
            self._feed.leave(self._codec, self._watcher)
