"""Whatever is offered, reading it either gives an offer or an error that says so."""

import asyncio
import contextlib

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.errors import InvalidRequestError
from maskwatch.rtc.offers import MAX_SDP_BYTES, IceRestartError, Role, read_candidates, read_offer


async def _make_offer() -> str:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("video", direction="recvonly")
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription()
    sdp: str = connection.localDescription.sdp
    await connection.close()
    return sdp


OFFER = asyncio.run(_make_offer())


def test_a_browsers_offer_is_read() -> None:
    offer = read_offer(OFFER, Role.RECEIVES)
    assert offer.video_mid == "0"
    assert offer.video_codecs == {"H264", "VP8"}


def test_candidates_that_cannot_be_reached_are_left_out() -> None:
    mine = "a=candidate:1 1 udp 2130706431 3f0c2a1e-1111-2222-3333-444455556666.local 50000 typ host"
    tcp = "a=candidate:2 1 tcp 2130706431 192.0.2.7 9 typ host tcptype active"
    good = "a=candidate:3 1 udp 2130706431 192.0.2.7 50000 typ host"
    offer = read_offer(OFFER + "\r\n".join([mine, tcp, good, "a=end-of-candidates", ""]), Role.RECEIVES)
    assert ".local" not in offer.sdp
    assert "tcptype" not in offer.sdp
    assert "end-of-candidates" not in offer.sdp
    assert good in offer.sdp
    # A machine with many networks has many of them, and is not refused for that.
    assert good in read_offer(OFFER + "\r\n".join([*[mine, tcp] * 20, good, ""]), Role.RECEIVES).sdp


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda sdp: sdp.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"), "not bundled"),
        (lambda sdp: sdp.replace("a=rtcp-mux\r\n", ""), "multiplex RTCP"),
        (lambda sdp: sdp.replace("a=ice-pwd:", "a=pwd:"), "ICE credentials"),
        (lambda sdp: sdp.replace("a=fingerprint:", "a=print:"), "fingerprint"),
        (lambda sdp: sdp.replace("m=audio", "m=video"), "one video section"),
        (lambda sdp: sdp.replace("m=audio", "m=application"), "no other"),
        (lambda sdp: sdp.replace("a=recvonly", "a=sendonly"), "is sendonly"),
        (lambda sdp: sdp + "a=candidate:1 1 udp 1 192.0.2.7 5 typ host\r\n" * 40, "too many candidates"),
        (lambda sdp: sdp * (MAX_SDP_BYTES // len(sdp) + 1), "too long"),
        (lambda _: "garbage", "one video section"),
    ],
)
def test_what_is_wrong_is_said(change: object, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why):
        read_offer(change(OFFER), Role.RECEIVES)  # type: ignore[operator]


def test_no_codec_in_common_is_said() -> None:
    foreign = OFFER.replace("VP8/90000", "AV1/90000").replace("H264/90000", "H265/90000")
    with pytest.raises(InvalidRequestError) as caught:
        read_offer(foreign, Role.RECEIVES)
    assert caught.value.code == "no_common_codec"


@given(st.text(max_size=400))
def test_any_text_is_an_offer_or_an_error(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_offer(text, Role.SENDS)


_LINES = OFFER.splitlines()


@given(st.data())
def test_any_damage_is_an_offer_or_an_error(data: st.DataObject) -> None:
    lines = list(_LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(lines) - 1))
        line = lines[where]
        cut = data.draw(st.integers(0, len(line)))
        lines[where] = data.draw(st.sampled_from([line[:cut], line[cut:], line + line, "", "a=", "m=video", "m="]))
    with contextlib.suppress(InvalidRequestError):
        read_offer("\r\n".join(lines), Role.RECEIVES)


def test_trickled_candidates_are_read() -> None:
    offer = read_offer(OFFER, Role.RECEIVES)
    good = "a=candidate:3 1 udp 2130706431 192.0.2.7 50000 typ host"
    hidden = "a=candidate:1 1 udp 2130706431 abc.local 50000 typ host"
    fragment = f"a=ice-ufrag:{offer.ice_user}\r\na=mid:0\r\n{good}\r\n{hidden}\r\na=end-of-candidates\r\n"
    (candidate,) = read_candidates(fragment, offer)
    assert (candidate.ip, candidate.port, candidate.sdpMid) == ("192.0.2.7", 50000, "0")
    with pytest.raises(IceRestartError):
        read_candidates(fragment.replace(offer.ice_user, "another"), offer)
    with pytest.raises(InvalidRequestError):
        read_candidates("garbage", offer)


@given(st.text(max_size=200))
def test_any_fragment_is_candidates_or_an_error(text: str) -> None:
    offer = read_offer(OFFER, Role.RECEIVES)
    with contextlib.suppress(InvalidRequestError):
        read_candidates("a=candidate:" + text, offer)
