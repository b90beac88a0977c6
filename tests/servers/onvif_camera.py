"""A small ONVIF camera: SOAP over aiohttp, with the WS-UsernameToken checked as cameras check it; and WS-Discovery."""

import asyncio
import base64
import contextlib
import hashlib
import re
import socket
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from aiohttp import web

_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"
 xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"
 xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>"""
_FAULT = """<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>
<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>"""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A media profile; without a size it has no video."""

    name: str
    url: str
    width: int = 0
    height: int = 0
    fps: int = 15


class OnvifCamera:
    """Answers ONVIF on 127.0.0.1 in a thread with a loop of its own. A context manager."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        *,
        login: tuple[str, str] | None = None,
        clock_off: timedelta = timedelta(),
        knows_services: bool = True,
        tells_time: bool = True,
    ) -> None:
        self.requests: list[str] = []
        self.profiles = profiles
        self.answers_nonsense = False
        self._login, self._clock_off = login, clock_off
        self._knows_services, self._tells_time = knows_services, tells_time
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="onvif-camera")
        self._thread.start()
        assert self._ready.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application()
        app.add_routes([web.post("/onvif/device_service", self._answer), web.post("/onvif/media", self._answer)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        match = re.search(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", text)
        assert match is not None, text
        operation = match.group(1)
        self.requests.append(operation)
        if self.answers_nonsense:
            return web.Response(text="<html>router</html>", content_type="text/html")
        if operation != "GetSystemDateAndTime" and not self._may(text):
            return self._soap(_FAULT.format(code="NotAuthorized", text="Sender not Authorized"), status=400)
        handler = getattr(self, f"_{operation}", None)
        known = handler is not None and (operation != "GetServices" or self._knows_services)
        if not known or (operation == "GetSystemDateAndTime" and not self._tells_time):
            return self._soap(_FAULT.format(code="ActionNotSupported", text="Not supported"), status=500)
        return self._soap(handler(text))  # type: ignore[misc]

    @staticmethod
    def _soap(body: str, status: int = 200) -> web.Response:
        return web.Response(text=_ENVELOPE.format(body=body), content_type="application/soap+xml", status=status)

    def _may(self, text: str) -> bool:
        """The UsernameToken's digest: Base64(SHA1(nonce + created + password)), made less than a minute ago."""
        if self._login is None:
            return True
        found = {
            name: match.group(1)
            for name in ("Username", "Password", "Nonce", "Created")
            if (match := re.search(rf"<(?:[\w-]+:)?{name}(?:\s[^>]*)?>([^<]*)<", text))
        }
        if len(found) < 4 or found["Username"] != self._login[0]:
            return False
        created = datetime.fromisoformat(found["Created"])
        if abs(created - self._now()) > timedelta(seconds=60):
            return False
        made_of = base64.b64decode(found["Nonce"]) + found["Created"].encode() + self._login[1].encode()
        return base64.b64encode(hashlib.sha1(made_of).digest()).decode() == found["Password"]

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._clock_off

    # ---- operations ----

    def _GetSystemDateAndTime(self, _: str) -> str:  # noqa: N802 - its name on the wire
        now = self._now()
        return f"""<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>
        <tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>
        <tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>
        <tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>
        </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"""

    def _GetServices(self, _: str) -> str:  # noqa: N802
        services = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{kind}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://127.0.0.1:{self.port}/onvif/{path}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version></tds:Service>"
            for kind, path in (("device", "device_service"), ("media", "media"))
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def _GetCapabilities(self, _: str) -> str:  # noqa: N802
        return f"""<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>
        <tt:XAddr>http://127.0.0.1:{self.port}/onvif/media</tt:XAddr>
        <tt:StreamingCapabilities><tt:RTP_TCP>true</tt:RTP_TCP></tt:StreamingCapabilities>
        </tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>"""

    def _GetDeviceInformation(self, _: str) -> str:  # noqa: N802
        return """<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer>
        <tds:Model>Eye 3</tds:Model>
        <tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>
        <tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"""

    def _GetProfiles(self, _: str) -> str:  # noqa: N802
        return f"<trt:GetProfilesResponse>{''.join(map(self._profile, self.profiles))}</trt:GetProfilesResponse>"

    @staticmethod
    def _profile(profile: Profile) -> str:
        encoder = f"""<tt:VideoEncoderConfiguration token="v_{profile.name}"><tt:Name>{profile.name}</tt:Name>
        <tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>
        <tt:Resolution><tt:Width>{profile.width}</tt:Width><tt:Height>{profile.height}</tt:Height></tt:Resolution>
        <tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{profile.fps}</tt:FrameRateLimit>
        <tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl>
        <tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"""
        return (
            f'<trt:Profiles token="t_{profile.name}" fixed="true"><tt:Name>{profile.name}</tt:Name>'
            f"{encoder if profile.width else ''}</trt:Profiles>"
        )

    def _GetStreamUri(self, text: str) -> str:  # noqa: N802
        url = next(profile.url for profile in self.profiles if f"t_{profile.name}<" in text)
        return f"""<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{url.replace("&", "&amp;")}</tt:Uri>
        <tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>
        <tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"""


_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><a:MessageID>urn:uuid:{message}</a:MessageID><a:RelatesTo>{relates}</a:RelatesTo>
<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:{device}</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{address}</d:XAddrs>
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


class DiscoveryResponder:
    """Answers WS-Discovery's multicast on every address of this machine, as a camera does. A context manager."""

    def __init__(self, service: str, *, scopes: str, own_addresses: Sequence[str]) -> None:
        self.probes = 0
        self._service, self._scopes = service, scopes
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("239.255.255.250", 3702))
        for address in own_addresses:
            group = socket.inet_aton("239.255.255.250") + socket.inet_aton(address)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        self._thread = threading.Thread(target=self._run, name="ws-discovery")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        # A datagram wakes it for certain.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            self._closing = True
            waker.sendto(b"", ("239.255.255.250", 3702))
            self._thread.join(2)
        self._socket.close()

    _closing = False

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closing:
                data, sender = self._socket.recvfrom(65_535)
                match = re.search(rb"MessageID[^>]*>([^<]+)<", data)
                if match is None or b"Probe<" not in data.replace(b"</", b"<").replace(b":Probe", b"Probe"):
                    continue
                self.probes += 1
                answer = _MATCH.format(
                    message=uuid.uuid4(),
                    relates=match.group(1).decode(),
                    device=uuid.uuid5(uuid.NAMESPACE_URL, self._service),
                    scopes=self._scopes,
                    address=self._service,
                )
                self._socket.sendto(answer.encode(), sender)
