"""FFmpeg's errors become words of our own, whatever FFmpeg wrote into them."""

import av
import pytest

from maskwatch.errors import SourceReason
from maskwatch.sources.rtsp_failures import _SENTENCES, Peer, RtspFailures, Trouble

SECRET = "hunter2"
PEER = Peer(f"rtsp://someone:{SECRET}@10.0.0.7/x")


def failures(*, transport: str = "tcp", url: str | None = None) -> RtspFailures:
    return RtspFailures(PEER if url is None else Peer(url), transport=transport)


def test_every_trouble_has_a_sentence_and_something_to_do() -> None:
    assert set(_SENTENCES) == set(Trouble)
    for reason, message, remedy in _SENTENCES.values():
        assert isinstance(reason, SourceReason)
        assert message.endswith(".")
        assert remedy.endswith(".")
        assert message.count(".") == 1


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (av.HTTPUnauthorizedError, SourceReason.UNAUTHORIZED, "this user and password"),
        (av.HTTPForbiddenError, SourceReason.UNAUTHORIZED, "this user and password"),
        (av.HTTPNotFoundError, SourceReason.NOT_FOUND, "at this path"),
        (av.HTTPBadRequestError, SourceReason.REFUSED, "an error of its own"),
        (av.error.HTTPServerError, SourceReason.REFUSED, "an error of its own"),
        (av.error.ConnectionRefusedError, SourceReason.REFUSED, "refuses the connection"),
        (av.ProtocolNotFoundError, SourceReason.INTERNAL, "video library"),
    ],
)
def test_what_the_camera_answered(error: type[av.FFmpegError], reason: SourceReason, words: str) -> None:
    said = failures().opening(error(1, f"about {SECRET}", f"rtsp://someone:{SECRET}@10.0.0.7/x"))
    assert said.reason is reason
    assert words in said.message
    assert SECRET not in str(said)
    assert said.retryable is (reason is not SourceReason.INTERNAL)


def test_no_password_and_a_wrong_one_are_told_apart() -> None:
    said = failures(url="rtsp://10.0.0.7/x").opening(av.HTTPUnauthorizedError(1, "", ""))
    assert "asks for a user and a password" in said.message


@pytest.mark.parametrize(
    ("transport", "any_packet", "silent", "reason", "words"),
    [
        ("tcp", False, True, SourceReason.TIMEOUT, "try another of its streams"),
        ("udp", False, True, SourceReason.TIMEOUT, "set the option transport to tcp"),
        ("udp", True, True, SourceReason.STALLED, "network and power"),
        ("tcp", True, False, SourceReason.ENDED, "by itself"),
    ],
)
def test_why_no_more_comes(transport: str, any_packet: bool, silent: bool, reason: SourceReason, words: str) -> None:
    said = failures(transport=transport).reading(None, any_packet=any_packet, silent=silent)
    assert said.reason is reason
    assert words in said.remedy


def test_nonsense_while_reading() -> None:
    said = failures().reading(av.InvalidDataError(1, "", ""), any_packet=True, silent=False)
    assert said.reason is SourceReason.CORRUPT
