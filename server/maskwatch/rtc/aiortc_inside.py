"""The one place that reaches into aiortc's inside. `tests/unit/rtc/test_aiortc_inside.py` fails if it changes.

What can't be had through aiortc's public face: to send packets that are already encoded with timestamps of our own
choosing, and to have them as they are received; to say which addresses a connection offers; to keep a decoder that is
too slow from falling behind, and to stop waiting for a packet that will not come; to end without holding up the loop.
"""

import asyncio
import queue
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, cast

import aiortc.rtcrtpsender
import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import get_encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters
from aiortc.rtcrtpsender import RTCEncodedFrame

from maskwatch.rtc.ports import ANYWHERE, MediaPorts, PortGatherer

TICKS_MODULUS = 1 << 32
_EMPTY_UNIT = re.compile(rb"\x00\x00\x01(?=\x00?\x00\x00\x01|\Z)")
"""A start code of H.264 with nothing behind it."""

# Packets kept for retransmission. aiortc's 128 are not even one large keyframe.
setattr(aiortc.rtcrtpsender, "RTP_HISTORY_SIZE", 2048)  # noqa: B010


class OutgoingFrame(Protocol):
    """One encoded picture on its way to a browser."""

    @property
    def ticks(self) -> int:
        """Its media time, 90 kHz modulo 2**32."""

    def payloads(self) -> list[bytes]:
        """Its RTP payloads, in order."""


class OutgoingFrames(Protocol):
    """Where a sender takes its frames from."""

    async def next_frame(self) -> OutgoingFrame | None:
        """The next frame; None when there will be no more."""

    def keyframe_wanted(self) -> None:
        """The browser lost the picture and asks for a keyframe."""


class _ExactTimestamp(int):
    """An RTP timestamp that stays what it is when aiortc adds its random origin to it."""

    def __add__(self, _other: int) -> int:
        return int(self)

    __radd__ = __add__


class _EncodedSender(RTCRtpSender):
    """Sends frames that are encoded and packed already, at `origin` + their own ticks."""

    _frames: OutgoingFrames
    _origin: int
    _stopped = False

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        # A connection that was closed while it was being made would start sending all the same, and never end.
        if not self._stopped:
            await super().send(parameters)

    async def stop(self) -> None:
        self._stopped = True
        await super().stop()

    async def _next_encoded_frame(self, codec: RTCRtpCodecParameters) -> RTCEncodedFrame | None:  # noqa: ARG002
        frame = await self._frames.next_frame()
        if frame is None:
            raise MediaStreamError
        timestamp = _ExactTimestamp((self._origin + frame.ticks) % TICKS_MODULUS)
        # aiortc's annotation leaves out that video frames have no audio level.
        return RTCEncodedFrame(frame.payloads(), timestamp, cast("int", None))

    def _send_keyframe(self) -> None:
        self._frames.keyframe_wanted()


class _PlaceholderTrack(MediaStreamTrack):
    """A sender without a track sleeps; this one keeps it awake and is never read."""

    kind = "video"

    async def recv(self) -> "av.packet.Packet[Any]":
        raise MediaStreamError


def send_encoded(transceiver: RTCRtpTransceiver, frames: OutgoingFrames, origin: int) -> None:
    """Make `transceiver` send `frames`, with `origin` + ticks as RTP timestamps. Before the answer is made."""
    sender = transceiver.sender
    sender.replaceTrack(_PlaceholderTrack())
    # A transceiver makes its own sender and there is no way to give it another.
    sender.__class__ = _EncodedSender
    encoded = cast("_EncodedSender", sender)
    encoded._frames, encoded._origin = frames, origin  # noqa: SLF001


class Packer:
    """Cuts encoded pictures (H.264 in Annex B, VP8) into RTP payloads. One for each stream, on one thread."""

    def __init__(self, codec_name: str) -> None:
        self._h264 = codec_name == "H264"
        self._encoder = get_encoder(RTCRtpCodecParameters(mimeType=f"video/{codec_name}", clockRate=90_000))

    def pack(self, data: bytes) -> list[bytes]:
        """The RTP payloads of one picture."""
        # What begins no unit would raise within aiortc, whose sender then sends no more.
        packet = av.Packet(_EMPTY_UNIT.sub(b"", data) if self._h264 else data)
        packet.pts, packet.time_base = 0, VIDEO_TIME_BASE
        payloads, _ = self._encoder.pack(packet)
        return payloads


def offer_addresses(connection: RTCPeerConnection, addresses: Sequence[str], where: MediaPorts = ANYWHERE) -> None:
    """Let `connection` gather candidates at `addresses` only. After the offer is set, before the answer is."""
    wanted = list(addresses)
    for ice in {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}:
        gatherer: Any = ice.iceGatherer._connection  # noqa: SLF001
        # The gatherer asks for all of the machine's addresses and hands them to this method of its own.
        if not where.any:
            gatherer.get_component_candidates = PortGatherer(gatherer, wanted, where)
            continue
        gatherer.get_component_candidates = partial(_gather_at, gatherer.get_component_candidates, wanted)


async def _gather_at(gather: Any, wanted: list[str], component: int, addresses: list[str]) -> Any:  # noqa: ARG001
    return await gather(component=component, addresses=wanted)


async def finish_closing(connection: RTCPeerConnection) -> None:
    """After `close`: wait for what was still connecting, and end what may have begun since or was left by an error.

    aioice begins consent checks even for a connection closed meanwhile, and only ends them half a minute later. Whoever
    listens to it waits for a word that never comes if closing it raised.
    """
    for ice in {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}:
        inside: Any = ice
        # One that closing did not get to may go on trying for long: it is not waited for.
        if ice.state == "closed" and (started := inside._RTCIceTransport__start) is not None:  # noqa: SLF001
            await started.wait()
        if (consent := inside._connection._query_consent_task) is not None:  # noqa: SLF001
            consent.cancel()
        if (monitor := inside._RTCIceTransport__monitor_task) is not None:  # noqa: SLF001
            monitor.cancel()


class _TappedQueue(queue.Queue[Any]):
    """The queue to a decoder, with somebody who looks at what goes in."""

    def __init__(self, look: Callable[[str, bytes, int], None]) -> None:
        super().__init__()
        self._look = look

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT002
        if item is not None:  # None is aiortc's word to its thread: end.
            codec, encoded = item
            self._look(codec.name, encoded.data, encoded.timestamp)
        super().put(item, block, timeout)


def tap_encoded(receiver: RTCRtpReceiver, look: Callable[[str, bytes, int], None]) -> None:
    """Let `look(codec, data, timestamp)` see each encoded picture before it is decoded, on the loop.

    Before the connection stands. H.264 is in Annex B; the timestamp is what the decoded picture will have.
    """
    cast("Any", receiver)._RTCRtpReceiver__decoder_queue = _TappedQueue(look)  # noqa: SLF001


def ask_for_keyframe(receiver: RTCRtpReceiver) -> None:
    """Ask the browser for a keyframe, when its next packet comes; it may be asked for any reason."""
    # The flag that aiortc's decoder raises when it is lost.
    cast("Any", receiver)._RTCRtpReceiver__decoder_error.set()  # noqa: SLF001


def decoder_backlog(receiver: RTCRtpReceiver) -> int:
    """How many encoded pictures wait for the decoder thread."""
    return _decoder_queue(receiver).qsize()


def skip_lost_packets(receiver: RTCRtpReceiver) -> bool:
    """Go on without the packets that `receiver` waits for, and ask for a keyframe; False if it waits for none.

    aiortc waits until 512 later ones have come: that is many seconds of a quiet picture.
    """
    buffer = cast("Any", receiver)._RTCRtpReceiver__jitter_buffer  # noqa: SLF001
    if buffer._origin is None:  # noqa: SLF001
        return False
    # The buffer is a ring. From its origin on: what has come, the gap, and perhaps what came after it.
    ring, start = buffer._packets, buffer._origin % buffer.capacity  # noqa: SLF001
    came = [packet is not None for packet in ring[start:] + ring[:start]]
    gap = came.index(False) if False in came else len(came)
    if True not in came[gap:]:
        return False
    buffer.smart_remove(came.index(True, gap))
    ask_for_keyframe(receiver)
    return True


async def end_decoder(receiver: RTCRtpReceiver) -> None:
    """End the decoder's thread without holding up the loop, as aiortc's own `stop` would until all is decoded."""
    thread = cast("threading.Thread | None", cast("Any", receiver)._RTCRtpReceiver__decoder_thread)  # noqa: SLF001
    if thread is not None:
        forget_backlog(receiver)
        _decoder_queue(receiver).put(None)
        await asyncio.to_thread(thread.join)


def forget_backlog(receiver: RTCRtpReceiver) -> int:
    """Drop what waits for the decoder, and ask the browser for a keyframe; how many pictures were dropped.

    aiortc does not bound this queue.
    """
    waiting, dropped = _decoder_queue(receiver), 0
    while True:
        try:
            task = waiting.get_nowait()
        except queue.Empty:
            break
        if task is None:  # aiortc's own word to the thread: end.
            waiting.put(None)
            break
        dropped += 1
    if dropped:
        ask_for_keyframe(receiver)
    return dropped


def _decoder_queue(receiver: RTCRtpReceiver) -> "queue.Queue[Any]":
    return cast("queue.Queue[Any]", cast("Any", receiver)._RTCRtpReceiver__decoder_queue)  # noqa: SLF001
