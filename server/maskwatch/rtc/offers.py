"""Reading what a browser offers: everything that may be wrong with an SDP is found here, before aiortc sees it."""

import ipaddress
from dataclasses import dataclass
from enum import Enum

from aiortc.codecs import CODECS, is_rtx
from aiortc.rtcicetransport import RTCIceCandidate
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.sdp import MediaDescription, SessionDescription, candidate_from_sdp

from maskwatch.errors import InvalidRequestError

MAX_SDP_BYTES = 64 * 1024
"""More is no offer. Chromium's are about 6 kB."""
_MAX_CANDIDATES = 32
_SDP_FAULTS = (ValueError, AssertionError, LookupError, StopIteration, AttributeError, TypeError)
"""aiortc's parser has no error of its own; these are what it throws at lines that make no sense."""


class Role(Enum):
    """What the browser means to do with its video."""

    SENDS = ("sendonly", "sendrecv")
    RECEIVES = ("recvonly", "sendrecv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer that can be answered. `sdp` is without the candidates that are of no use."""

    sdp: str
    video_mid: str
    ice_user: str
    video_codecs: frozenset[str]
    """Names of the video codecs offered in a form this server speaks, such as `H264` and `VP8`."""


def read_offer(text: str, role: Role) -> Offer:
    """Check `text`, an SDP offer with one video section (and at most one of audio).

    Raises:
        InvalidRequestError: it is no SDP, or no offer that can be answered.
    """
    if len(text) > MAX_SDP_BYTES:
        raise _invalid("it is far too long")
    sdp = _without_useless_candidates(text)
    try:
        session = SessionDescription.parse(sdp)
        video = _only_video(session)
        _check_transport(session)
        codecs = frozenset(_speakable(video))
    except InvalidRequestError:
        raise
    except _SDP_FAULTS:
        raise _invalid("it makes no sense") from None
    if (video.direction or "sendrecv") not in role.value:
        raise _invalid(f"its video is {video.direction}, not {role.value[0]}")
    if not codecs:
        raise InvalidRequestError(
            "The browser offers no video codec that this server speaks.",
            remedy="VP8 and H.264 (packetization mode 1) are spoken; another browser may have them.",
            code="no_common_codec",
        )
    return Offer(
        sdp=sdp,
        video_mid=video.rtp.muxId,
        ice_user=video.ice.usernameFragment or "" if video.ice else "",
        video_codecs=codecs,
    )


def read_candidates(fragment: str, offer: Offer) -> list[RTCIceCandidate]:
    """The candidates in a trickled SDP fragment (RFC 8840).

    Raises:
        InvalidRequestError: it is no such fragment.
        IceRestartError: it carries other credentials than the offer's.
    """
    if len(fragment) > MAX_SDP_BYTES:
        raise _invalid("its fragment is far too long")
    candidates = []
    for line in fragment.splitlines():
        name, _, value = line.partition(":")
        if name == "a=ice-ufrag" and value.strip() != offer.ice_user:
            raise IceRestartError
        if name != "a=candidate" or not _is_useful(value):
            continue
        candidate = _candidate(value)
        candidate.sdpMid = offer.video_mid
        candidates.append(candidate)
    if len(candidates) > _MAX_CANDIDATES or not fragment.lstrip().startswith(("a=", "m=")):
        raise _invalid("its fragment makes no sense")
    return candidates


class IceRestartError(InvalidRequestError):
    """Raised when a trickled fragment asks for an ICE restart, which is not supported."""

    code = "ice_restart_unsupported"

    def __init__(self) -> None:
        super().__init__("An ICE restart is not supported.", remedy="End this session and make a new one.")


def _invalid(why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The SDP offer can't be used: {why}.",
        remedy="Send the offer of an RTCPeerConnection with one bundled video section.",
        code="sdp_invalid",
    )


def _only_video(session: SessionDescription) -> MediaDescription:
    kinds = [media.kind for media in session.media]
    if kinds.count("video") != 1 or kinds.count("audio") > 1 or set(kinds) - {"video", "audio"}:
        raise _invalid("it must have one video section and at most one of audio, and no other")
    mids = [media.rtp.muxId for media in session.media]
    bundle = next((group.items for group in session.group if group.semantic == "BUNDLE"), [])
    if len(set(mids)) != len(mids) or (len(mids) > 1 and set(bundle) != set(mids)):
        raise _invalid("its sections are not bundled")
    return session.media[kinds.index("video")]


def _check_transport(session: SessionDescription) -> None:
    for media in session.media:
        if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
            raise _invalid("its ICE credentials are missing")
        if media.dtls is None or not media.dtls.fingerprints:
            raise _invalid("its DTLS fingerprint is missing")
        if not media.rtcp_mux:
            raise _invalid("it does not multiplex RTCP")
        if len(media.ice_candidates) > _MAX_CANDIDATES:
            raise _invalid("it has too many candidates")


def _speakable(video: MediaDescription) -> list[str]:
    common = find_common_codecs(CODECS["video"], video.rtp.codecs)
    return [codec.name for codec in common if not is_rtx(codec)]


def _candidate(value: str) -> RTCIceCandidate:
    try:
        return candidate_from_sdp(value)
    except _SDP_FAULTS:
        raise _invalid("a candidate makes no sense") from None


def _is_useful(candidate: str) -> bool:
    """Whether the server can send to `candidate` (its SDP form): UDP, at an IP address.

    Browsers hide their addresses behind mDNS names unless they may use the camera. Looking those up costs seconds and
    multicast that often isn't there; the server needn't, for the browser calls first.
    """
    parts = candidate.split()
    if len(parts) < 8 or parts[2].lower() != "udp":
        return False
    try:
        ipaddress.ip_address(parts[4])
    except ValueError:
        return False
    return True


def _without_useless_candidates(text: str) -> str:
    """Drop what `_is_useful` rules out; and the end of candidates, after which ICE would give up too early."""
    kept = [
        line
        for line in text.splitlines()
        if line.strip() != "a=end-of-candidates"
        and not (line.startswith("a=candidate:") and not _is_useful(line.removeprefix("a=candidate:")))
    ]
    return "\r\n".join(kept) + "\r\n"
