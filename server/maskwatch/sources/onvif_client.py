"""Asks a camera by ONVIF what it is and which streams it has. Heavy imports stay within the calls."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from maskwatch.errors import SourceError, SourceReason

_SKEW_WORTH_TELLING_S = 60.0
_NOT_AUTHORIZED = ("notauthorized", "not authorized", "unauthorized", "authority failure", "failedauthentication")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifStream:
    """One stream (media profile) of a camera. `url` has no user and password in it."""

    name: str
    url: str
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None

    @property
    def pixels(self) -> int:
        """Its size; 0 if it is not told."""
        return (self.width or 0) * (self.height or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifCamera:
    """What a camera says of itself."""

    maker: str
    model: str
    streams: Sequence[OnvifStream]

    @property
    def main(self) -> OnvifStream:
        """The largest stream; of equals, the first."""
        return max(self.streams, key=lambda stream: stream.pixels)

    def sub(self, *, least_width_px: int = 320) -> OnvifStream | None:
        """The smallest stream that faces can be found in, if it is smaller than the main one."""
        smaller = [
            stream
            for stream in self.streams
            if stream.pixels < self.main.pixels and (stream.width or 0) >= least_width_px
        ]
        return min(smaller, key=lambda stream: stream.pixels, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifAddress:
    """Where a camera answers ONVIF, and who asks."""

    host: str
    port: int = 80
    user: str = ""
    password: str = ""

    @property
    def where(self) -> str:
        """Host and port, to be shown."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def with_login(url: str, user: str, password: str) -> str:
    """`url` with user and password in it, in place of any that it has."""
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return parts._replace(netloc=login + parts.netloc.rpartition("@")[2]).geturl()


def ask_camera(address: OnvifAddress, *, timeout_s: float) -> OnvifCamera:
    """What the camera at `address` is and sends. Blocks; not to be called on a loop.

    Raises:
        SourceError: it can't be reached, does not speak ONVIF, refuses the password, or has no stream.
    """
    _knock(address, timeout_s)
    _load()
    try:
        return asyncio.run(_ask(address, timeout_s))
    except SourceError as error:
        failure = error
    except TimeoutError:
        failure = SourceError(
            SourceReason.TIMEOUT,
            f"The camera at {address.where} takes the connection but does not answer ONVIF in time.",
            remedy="Check that this is the port of its web page; restart the camera if it hangs.",
        )
    raise failure


def _knock(address: OnvifAddress, timeout_s: float) -> None:
    """Find out cheaply whether anything is there at all."""
    try:
        socket.create_connection((address.host, address.port), timeout=timeout_s).close()
    except (socket.gaierror, UnicodeError):
        failure = SourceError(
            SourceReason.UNREACHABLE,
            f"The name {address.host} is not known in this network.",
            remedy="Check its spelling, or use the camera's IP address.",
        )
    except ConnectionRefusedError:
        failure = SourceError(
            SourceReason.REFUSED,
            f"The camera at {address.where} refuses the connection.",
            remedy="Check the port (80, 8000, 8080 and 2020 are usual) and that ONVIF is switched on in the camera.",
        )
    except OSError:
        failure = SourceError(
            SourceReason.UNREACHABLE,
            f"Nothing answers at {address.where}.",
            remedy="Check the address, and the camera's power and network.",
        )
    else:
        return
    raise failure


def _load() -> None:
    """Import what is heavy, before there is a loop that it would hold up."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    import onvif  # noqa: F401, PLC0415

    # The library sets up logging of its own when imported, and tells more than it should.
    root.handlers, root.level = handlers, level
    logging.getLogger("onvif").setLevel(logging.CRITICAL)
    logging.getLogger("zeep").setLevel(logging.CRITICAL)


async def _ask(address: OnvifAddress, timeout_s: float) -> OnvifCamera:
    async with _device(address) as device:
        failure = await _within(address, device, timeout_s)
        if isinstance(failure, OnvifCamera):
            return failure
    raise failure


async def _within(address: OnvifAddress, device: Any, timeout_s: float) -> OnvifCamera | SourceError:
    import aiohttp  # noqa: PLC0415
    from onvif.exceptions import ONVIFError  # noqa: PLC0415
    from zeep.exceptions import Error, Fault, TransportError  # noqa: PLC0415

    try:
        async with asyncio.timeout(timeout_s):
            return await _describe(address, device)
    except SourceError as error:
        return error
    except Fault as error:
        text = " ".join(str(part) for part in (error.message, error.code, error.subcodes)).lower()
        if any(word in text for word in _NOT_AUTHORIZED):
            return _unauthorized(address, device)
        return _no_onvif(address)
    except TransportError as error:
        return _unauthorized(address, device) if error.status_code in (401, 403) else _no_onvif(address)
    except (Error, ONVIFError, aiohttp.ClientError, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        # Firmware answers in every shape: whatever the library stumbles over is an answer that is not understood.
        return _no_onvif(address)


@asynccontextmanager
async def _device(address: OnvifAddress) -> AsyncIterator[Any]:
    from onvif import ONVIFCamera  # noqa: PLC0415 - loaded already

    host = f"[{address.host}]" if ":" in address.host else address.host
    device = ONVIFCamera(host, address.port, address.user, address.password, adjust_time=True)
    try:
        yield device
    finally:
        await device.close()


async def _describe(address: OnvifAddress, device: Any) -> OnvifCamera:
    await device.update_xaddrs()
    management = await device.create_devicemgmt_service()
    about = await management.GetDeviceInformation()
    media = await device.create_media_service()
    profiles = await media.GetProfiles()
    streams = []
    for profile in profiles or ():
        encoder = getattr(profile, "VideoEncoderConfiguration", None)
        if encoder is None:
            continue  # sound only, or not set up
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile.token})
        if url := _usable(str(getattr(answer, "Uri", "") or ""), address):
            streams.append(_stream(profile, encoder, url))
    if not streams:
        raise SourceError(
            SourceReason.NO_VIDEO,
            f"The camera at {address.where} answers ONVIF but names no video stream.",
            remedy="Set up a media profile with video in the camera, or use its rtsp: address.",
        )
    return OnvifCamera(maker=_text(about, "Manufacturer"), model=_text(about, "Model"), streams=streams)


def _stream(profile: Any, encoder: Any, url: str) -> OnvifStream:
    resolution, rate = getattr(encoder, "Resolution", None), getattr(encoder, "RateControl", None)
    return OnvifStream(
        name=_text(profile, "Name") or str(profile.token),
        url=url,
        codec={"H264": "h264", "H265": "hevc", "JPEG": "mjpeg"}.get(_text(encoder, "Encoding")),
        width=getattr(resolution, "Width", None),
        height=getattr(resolution, "Height", None),
        fps=getattr(rate, "FrameRateLimit", None) or None,
    )


def _usable(url: str, address: OnvifAddress) -> str | None:
    """The stream's address without a login in it; None if it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("rtsp", "rtsps") or not host:
        return None
    try:
        # Some cameras name 0.0.0.0, or themselves.
        elsewhere = ip_address(host).is_unspecified or ip_address(host).is_loopback
    except ValueError:
        elsewhere = False
    host = address.host if elsewhere else host
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{shown}:{port}" if port else shown).geturl()


def _text(thing: Any, name: str) -> str:
    return str(getattr(thing, name, "") or "")[:100]


def _unauthorized(address: OnvifAddress, device: Any) -> SourceError:
    does = "does not accept this user and password" if address.user else "asks for a user and a password"
    remedy = "Use a user that may use ONVIF: many cameras keep a list of its own for that."
    skew: timedelta | None = device.dt_diff
    if skew is not None and abs(skew.total_seconds()) > _SKEW_WORTH_TELLING_S:
        minutes = round(abs(skew.total_seconds()) / 60)
        remedy = f"Its clock is {minutes} minutes off, which can be the reason: set it right (NTP). Else: {remedy}"
    return SourceError(SourceReason.UNAUTHORIZED, f"The camera at {address.where} {does} by ONVIF.", remedy=remedy)


def _no_onvif(address: OnvifAddress) -> SourceError:
    return SourceError(
        SourceReason.CORRUPT,
        f"What answers at {address.where} does not speak ONVIF as a camera does.",
        remedy="Check the port, and that ONVIF is switched on in the camera; or use its rtsp: address.",
    )
