"""What `aiortc_inside` relies on: if a new aiortc changes any of it, this fails before a user's live view does."""

import asyncio
from typing import Any

import aiortc.rtcrtpreceiver
import aiortc.rtcrtpsender
import pytest
from aiortc import RTCConfiguration, RTCIceParameters, RTCPeerConnection
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from maskwatch.rtc.aiortc_inside import (
    Packer,
    _ExactTimestamp,
    decoder_backlog,
    finish_closing,
    forget_backlog,
    offer_addresses,
    send_encoded,
    skip_lost_packets,
    tap_encoded,
)


class _Frame:
    def __init__(self, ticks: int) -> None:
        self.ticks = ticks

    def payloads(self) -> list[bytes]:
        return [b"\x65payload"]


class _Frames:
    def __init__(self, *frames: _Frame) -> None:
        self._frames = list(frames)
        self.wanted = 0

    async def next_frame(self) -> _Frame | None:
        return self._frames.pop(0) if self._frames else None

    def keyframe_wanted(self) -> None:
        self.wanted += 1


def inside(of: object) -> Any:
    """The same, with what its types do not show."""
    return of


def test_a_timestamp_is_not_shifted_by_aiortcs_origin() -> None:
    timestamp = _ExactTimestamp(7)
    assert inside(aiortc.rtcrtpsender).uint32_add(123_456_789, timestamp) == 7
    assert inside(aiortc.rtcrtpsender).uint32_add(timestamp, 123_456_789) == 7


def test_enough_packets_are_kept_to_send_again() -> None:
    assert inside(aiortc.rtcrtpsender).RTP_HISTORY_SIZE == 2048


async def test_a_sender_asks_ours_for_its_frames() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video", direction="sendonly")
    frames = _Frames(_Frame(5), _Frame(6))
    send_encoded(transceiver, frames, origin=(1 << 32) - 6)
    sender = inside(transceiver.sender)
    first, second = [await sender._next_encoded_frame(None) for _ in range(2)]
    assert (first.timestamp, second.timestamp) == ((1 << 32) - 1, 0)
    assert first.payloads == [b"\x65payload"]
    sender._send_keyframe()
    assert frames.wanted == 1
    with pytest.raises(MediaStreamError):
        await sender._next_encoded_frame(None)
    # The names that aiortc's own sender calls.
    assert {"_next_encoded_frame", "_send_keyframe"} <= vars(aiortc.rtcrtpsender.RTCRtpSender).keys()
    await connection.close()


async def test_nobody_goes_on_listening_to_a_connection_that_could_not_be_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    ice = inside(connection.addTransceiver("video")).receiver.transport.transport
    await ice.start(RTCIceParameters(usernameFragment="user", password="password"))
    (monitor,) = (task for task in asyncio.all_tasks() if "_monitor" in str(task.get_coro()))

    async def refuse() -> None:
        raise OSError("the relay is gone")

    monkeypatch.setattr(ice._connection, "close", refuse)
    with pytest.raises(OSError, match="the relay is gone"):
        await connection.close()
    assert not monitor.done()
    await finish_closing(connection)
    await asyncio.wait({monitor})
    assert monitor.cancelled()


async def test_only_the_addresses_wanted_are_offered() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("video", direction="recvonly")
    offer_addresses(connection, ["127.0.0.1"])
    await connection.setLocalDescription()
    candidates = [line for line in connection.localDescription.sdp.splitlines() if line.startswith("a=candidate:")]
    assert candidates
    assert all(line.split()[4] == "127.0.0.1" for line in candidates)
    await connection.close()


async def test_a_decoders_backlog_can_be_dropped() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = connection.addTransceiver("video", direction="recvonly").receiver
    within = inside(receiver)
    assert decoder_backlog(receiver) == 0
    for _ in range(3):
        within._RTCRtpReceiver__decoder_queue.put(("codec", "picture"))
    assert decoder_backlog(receiver) == 3
    assert forget_backlog(receiver) == 3
    assert within._RTCRtpReceiver__decoder_error.is_set(), "a keyframe is asked for"
    assert within._RTCRtpReceiver__decoder_thread is None
    await connection.close()


async def test_lost_packets_are_not_waited_for_forever() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = connection.addTransceiver("video", direction="recvonly").receiver
    buffer = inside(receiver)._RTCRtpReceiver__jitter_buffer

    def arrive(sequence: int, timestamp: int) -> int | None:
        packet = RtpPacket(sequence_number=sequence % 65536, timestamp=timestamp)
        inside(packet)._data = b"x"
        _, frame = buffer.add(packet)
        return None if frame is None else int(frame.timestamp)

    assert not skip_lost_packets(receiver)
    assert arrive(65534, 10) is None
    assert arrive(65535, 20) == 10
    assert not skip_lost_packets(receiver), "nothing is missing"
    # 0 is lost, and with it the picture at 30.
    assert [arrive(sequence, timestamp) for sequence, timestamp in ((1, 40), (2, 40), (3, 50))] == [None] * 3
    assert skip_lost_packets(receiver)
    assert inside(receiver)._RTCRtpReceiver__decoder_error.is_set(), "a keyframe is asked for"
    assert arrive(4, 60) == 40
    assert arrive(5, 70) == 50
    assert not skip_lost_packets(receiver)
    await connection.close()


async def test_encoded_pictures_are_seen_on_their_way_to_the_decoder() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = connection.addTransceiver("video", direction="recvonly").receiver
    seen: list[tuple[str, bytes, int]] = []
    tap_encoded(receiver, lambda *picture: seen.append(picture))
    to_decoder = inside(receiver)._RTCRtpReceiver__decoder_queue
    picture = (RTCRtpCodecParameters(mimeType="video/H264", clockRate=90_000), JitterFrame(data=b"nal", timestamp=9))
    to_decoder.put(picture)
    to_decoder.put(None)
    assert seen == [("H264", b"nal", 9)]
    assert to_decoder.get_nowait() is picture
    assert to_decoder.get_nowait() is None
    await connection.close()


@pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
def test_what_begins_no_unit_is_left_out(code: bytes) -> None:
    """As of an aggregate whose parts are said to have no length."""
    sent = b"".join(Packer("H264").pack(code + b"\x65one" + code + code + code + b"\x41two" + code))
    assert b"\x65one" in sent
    assert sent.rstrip(b"\0").endswith(b"\x41two")
    assert Packer("H264").pack(code) == []


def test_pictures_are_cut_into_payloads() -> None:
    nal = b"\x65" + bytes(range(1, 256)) * 20
    payloads = Packer("H264").pack(b"\0\0\0\1\x67sps\0\0\0\1\x68pps\0\0\0\1" + nal)
    assert len(payloads) > 3
    assert all(len(payload) <= 1300 for payload in payloads)
    assert Packer("VP8").pack(b"picture")[0].endswith(b"picture")
