"""A phone as a camera: an aiortc peer publishes, the source delivers its pictures in its own thread."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import numpy as np
import pytest
from aiortc import RTCRtpReceiver, RTCSessionDescription

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.errors import ConfigError, SourceError, SourceReason
from maskwatch.rtc.aiortc_inside import ask_for_keyframe
from maskwatch.sources import webrtc
from maskwatch.sources.registry import create_source
from tests.integration.rtc.parts import (
    HEIGHT,
    MODULUS,
    TOKEN,
    WIDTH,
    LiveServer,
    Phone,
    Viewer,
    live_server,
    loopback_only,
    read_code,
)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with loopback_only(monkeypatch):
        yield


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server() as server:
        yield server


class Receiver:
    """A sink whose deliveries the test waits for on its loop; and the thread that runs the source."""

    def __init__(self, live: LiveServer, *, also: object = None, **options: object) -> None:
        self.infos: list[StreamInfo] = []
        self.packets: list[EncodedPacket] = []
        self.error: SourceError | None = None
        self.stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[RawFrame] = asyncio.Queue()
        self._also = also
        self.ended = asyncio.Event()
        self._desk, self._options = live.desk, options
        self._thread = threading.Thread(target=self._run, name="camera-phone")
        self._thread.start()

    def _run(self) -> None:
        source = create_source("webrtc:", self._options, camera="phone", publishers=self._desk)
        try:
            source.run(self, self.stop)
        except SourceError as error:
            self.error = error
        finally:
            self._loop.call_soon_threadsafe(self.ended.set)

    def opened(self, info: StreamInfo) -> None:
        self.infos.append(info)
        if self._also is not None:
            self._also.opened(info)  # type: ignore[attr-defined]

    def frame(self, frame: RawFrame) -> None:
        self._loop.call_soon_threadsafe(self._frames.put_nowait, frame)
        if self._also is not None:
            self._also.frame(frame)  # type: ignore[attr-defined]

    def packet(self, packet: EncodedPacket) -> None:
        assert self.infos[-1].passthrough
        self.packets.append(packet)
        if self._also is not None:
            self._also.packet(packet)  # type: ignore[attr-defined]

    async def next(self) -> RawFrame:
        return await asyncio.wait_for(self._frames.get(), 10)

    async def failed(self) -> SourceError:
        await asyncio.wait_for(self.ended.wait(), 10)
        self._thread.join()
        assert self.error is not None
        return self.error

    def close(self) -> None:
        self.stop.set()
        self._thread.join()


@contextmanager
def receiving(live: LiveServer, **options: object) -> Iterator[Receiver]:
    receiver = Receiver(live, **options)
    try:
        yield receiver
    finally:
        receiver.close()


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_pictures_arrive_as_they_were_sent(live: LiveServer, http: aiohttp.ClientSession, codec: str) -> None:
    phone = Phone(http, live.url("/phone/whip"), codec=codec)
    with receiving(live) as receiver:
        assert await phone.connect() == 201
        frames = [await receiver.next() for _ in range(25)]
        (info,) = receiver.infos
        assert (info.codec, info.width, info.height) == (codec.lower(), WIDTH, HEIGHT)
        assert info.passthrough is (codec == "H264")
        # What is passed on is all of it, in the same clock.
        ticks = [packet.ticks for packet in receiver.packets]
        assert ticks == sorted(set(ticks))
        assert bool(ticks) is info.passthrough
        assert not ticks or {frame.media_ticks for frame in frames} <= set(ticks)
        assert not ticks or receiver.packets[0].keyframe
    image = frames[-1].to_rgb()
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[300:, :].mean(axis=(0, 1)) - (30, 60, 200)).max() < 16
    # The code in the picture counts the phone's own ticks; media ticks run beside them, at the same pace.
    offsets = {((frame.media_ticks or 0) - (read_code(frame.to_rgb()) or 0)) % MODULUS for frame in frames[5:]}
    # aiortc's own VP8 encoder, which is the phone's here, rounds by a tick.
    assert max(offsets) - min(offsets) <= 1
    assert [frame.sequence for frame in frames] == sorted({frame.sequence for frame in frames})
    assert await phone.delete() == 200
    assert live.publishers == [1, 0]
    await phone.close()


async def test_the_answer_is_as_the_standard_says(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    assert await phone.connect() == 201
    assert phone.headers["Content-Type"] == "application/sdp"
    assert phone.headers["ETag"].startswith('"')
    assert phone.location.startswith(live.url("/phone/whip/"))
    assert "x-google-start-bitrate=2500" in phone.answer
    assert "a=recvonly" in phone.answer
    async with http.options(live.url("/phone/whip")) as response:
        assert response.status == 204
        assert response.headers["Accept-Post"] == "application/sdp"
    async with http.get(live.url("/phone/whip")) as response:
        assert response.status == 405
    await phone.delete()
    await phone.close()


async def test_candidates_may_come_later(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    await phone.connection.setLocalDescription()
    offer = phone.connection.localDescription.sdp
    first = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
    auth = {"Authorization": f"Bearer {TOKEN}"}
    async with http.post(
        live.url("/phone/whip"), data=first, headers={"Content-Type": "application/sdp", **auth}
    ) as response:
        assert response.status == 201
        answer, etag = await response.text(), response.headers["ETag"]
        session = live.url(response.headers["Location"])
    ufrag = next(line for line in offer.splitlines() if line.startswith("a=ice-ufrag:"))
    lines = [line for line in offer.splitlines() if line.startswith("a=candidate:")]
    fragment = "\r\n".join([ufrag, "a=mid:0", *lines, "a=end-of-candidates", ""])
    kind = {"Content-Type": "application/trickle-ice-sdpfrag", **auth}
    restart = fragment.replace(ufrag, "a=ice-ufrag:other")
    for headers, body, status in (
        (kind, fragment, 428),
        ({**kind, "If-Match": '"another"'}, fragment, 412),
        ({**auth, "If-Match": etag, "Content-Type": "text/plain"}, fragment, 415),
        ({**kind, "If-Match": etag}, "no fragment", 400),
        ({**kind, "If-Match": "*"}, restart, 422),
        ({**kind, "If-Match": etag}, fragment, 204),
    ):
        async with http.patch(session, data=body, headers=headers) as response:
            assert response.status == status
    with receiving(live) as receiver:
        await phone.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await receiver.next()
    async with http.delete(session, headers=auth) as response:
        assert response.status == 200
    await phone.close()


async def test_sound_is_declined(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    phone.connection.addTransceiver("audio", direction="sendonly")
    with receiving(live) as receiver:
        assert await phone.connect() == 201
        await receiver.next()
        sound = phone.answer[phone.answer.index("m=audio") :]
        assert "a=inactive" in sound
        assert not any(thread.name == "audio-decoder" for thread in threading.enumerate())
    await phone.close()
    await live.desk.close()


async def test_the_source_says_when_the_phone_stops(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    receiver = Receiver(live)
    await phone.connect()
    await receiver.next()
    await phone.delete()
    error = await receiver.failed()
    assert error.reason is SourceReason.ENDED
    assert error.retryable
    await phone.close()


async def test_the_source_says_when_the_page_is_closed(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    receiver = Receiver(live)
    await phone.connect()
    await receiver.next()
    await phone.close()
    assert (await receiver.failed()).reason is SourceReason.ENDED
    assert live.publishers == [1, 0]


async def test_the_source_says_when_no_more_pictures_come(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    receiver = Receiver(live, stall_timeout_s=0.5)
    await phone.connect()
    await receiver.next()
    phone.track.silent.set()
    assert (await receiver.failed()).reason is SourceReason.STALLED
    await phone.delete()
    await phone.close()


async def test_a_lost_packet_costs_a_moment(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phone = Phone(http, live.url("/phone/whip"))
    lost: set[int] = set()

    def lose_one_for_good(sequence: int) -> bool:
        if not lost:
            lost.add(sequence)
        return sequence in lost

    with receiving(live) as receiver:
        await phone.connect()
        for _ in range(10):
            await receiver.next()
        phone.lose = lose_one_for_good
        frames = [await receiver.next() for _ in range(40)]
        times_s = [frame.captured_monotonic_s for frame in frames]
        assert lost
        assert max(after - before for before, after in itertools.pairwise(times_s)) < 1.5
        assert receiver.error is None
        assert read_code(frames[-1].to_rgb()) is not None
    await phone.delete()
    await phone.close()


async def test_a_newer_phone_takes_over(live: LiveServer, http: aiohttp.ClientSession) -> None:
    old = Phone(http, live.url("/phone/whip"), colour=(200, 40, 40))
    new = Phone(http, live.url("/phone/whip"), colour=(30, 200, 60))
    with receiving(live) as receiver:
        await old.connect()
        before = await receiver.next()
        assert await new.connect() == 201
        while (frame := await receiver.next()).to_rgb()[300, 300].argmax() != 1:
            before = frame
        assert receiver.error is None
        assert (frame.media_ticks or 0) > (before.media_ticks or 0)
        assert frame.sequence > before.sequence
    assert live.publishers[-1] == 1
    assert await old.delete() == 404
    assert '"code": "session_replaced"' in old.said
    await new.delete()
    await old.close()
    await new.close()


async def test_of_two_phones_that_offer_at_once_one_sends(live: LiveServer, http: aiohttp.ClientSession) -> None:
    phones = [Phone(http, live.url("/phone/whip")) for _ in range(2)]
    with receiving(live) as receiver:
        statuses = await asyncio.gather(*(phone.connect() for phone in phones))
        await receiver.next()
    assert 201 in statuses
    assert live.publishers[-1] == 1
    for phone, status in zip(phones, statuses, strict=True):
        if status != 201:
            assert '"code": "session_replaced"' in phone.answer
        await phone.close()


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_phone_is_watched_in_step(live: LiveServer, http: aiohttp.ClientSession, codec: str) -> None:
    """Publisher -> source -> live view -> viewers: their ticks are those of the frame that was delivered."""
    phone = Phone(http, live.url("/phone/whip"), codec=codec)
    early, late = Viewer(http, live.url("/phone/whep")), Viewer(http, live.url("/phone/whep"))
    looked_at: dict[int, int | None] = {}
    seen: dict[int, int | None] = {}
    with receiving(live, also=live.hub.tap("phone")) as receiver:
        await phone.connect()
        for viewer in (early, late):
            await viewer.connect()
            for _ in range(15):
                image, ticks = await viewer.frame()
                seen[ticks] = read_code(image)
        assert live.hub.tap("phone").encoding is (codec == "VP8")
        while max(looked_at, default=0) < max(seen):
            frame = await receiver.next()
            looked_at[frame.live_ticks] = read_code(frame.to_rgb())
    # On a busy machine, the source may have passed over a picture that a viewer was sent.
    both = looked_at.keys() & seen.keys()
    assert len(both) >= len(seen) // 2
    assert {ticks: looked_at[ticks] for ticks in both} == {ticks: seen[ticks] for ticks in both}
    for peer in (early, late, phone):
        await peer.delete()
        await peer.close()


async def test_keyframes_are_asked_for_but_not_too_often(
    live: LiveServer, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_s: list[float] = []

    def note(receiver: RTCRtpReceiver) -> None:
        asked_s.append(time.monotonic())
        ask_for_keyframe(receiver)

    monkeypatch.setattr(webrtc, "ask_for_keyframe", note)
    phone = Phone(http, live.url("/phone/whip"), codec="H264")
    with receiving(live) as receiver:
        live.desk.want_keyframe("phone")
        await phone.connect()
        await receiver.next()
        for _ in range(50):
            live.desk.want_keyframe("phone")
            await receiver.next()
    assert 2 <= len(asked_s) <= sum(packet.keyframe for packet in receiver.packets) + 1
    assert min(after - before for before, after in itertools.pairwise(asked_s)) > 0.45
    await phone.delete()
    await phone.close()


async def test_keyframes_come_though_nobody_asks_for_them(
    live: LiveServer, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webrtc, "_KEYFRAME_WITHIN_S", 0.5)
    phone = Phone(http, live.url("/phone/whip"), codec="H264")
    with receiving(live) as receiver:
        await phone.connect()
        for _ in range(120):
            await receiver.next()
    # Twice by itself; in four seconds at the least.
    assert sum(packet.keyframe for packet in receiver.packets) >= 4
    await phone.delete()
    await phone.close()


@pytest.mark.parametrize(
    ("camera", "token", "status", "code"),
    [
        ("phone", None, 401, "unauthorized"),
        ("phone", "guessed", 401, "unauthorized"),
        ("nowhere", TOKEN, 404, "not_found"),
        ("door", TOKEN, 409, "not_a_webrtc_camera"),
    ],
)
async def test_not_everybody_may_be_every_camera(
    live: LiveServer, http: aiohttp.ClientSession, camera: str, token: str | None, status: int, code: str
) -> None:
    phone = Phone(http, live.url(f"/{camera}/whip"), token=token)
    assert await phone.connect() == status
    assert f'"code": "{code}"' in phone.answer
    await phone.close()


async def test_a_garbage_offer_is_refused(live: LiveServer, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/sdp"}
    async with http.post(live.url("/phone/whip"), data="v=0\r\nm=garbage", headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["code"] == "sdp_invalid"
    assert live.publishers in ([], [1, 0])


def test_outside_the_server_it_says_why_it_cannot_be() -> None:
    with pytest.raises(ConfigError, match="running server"):
        create_source("webrtc:", {}, camera="phone")
    with pytest.raises(ConfigError, match="url"):
        create_source("webrtc:somewhere", {}, camera="phone")
