"""What WHIP (RFC 9725) and WHEP have in common: an offer posted, a session made, candidates trickled, the end told."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

from maskwatch.errors import MaskwatchError, UnauthorizedError
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.offers import MAX_SDP_BYTES, IceRestartError
from maskwatch.rtc.peer import Peer

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

Authorize = Callable[[web.Request, str], Awaitable[None]]
"""Says whether a request may have to do with a camera: `await authorize(request, camera)`, or `UnauthorizedError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Where a protocol's sessions are looked up, and who may."""

    authorize: Authorize
    session: Callable[[str, str], Peer]
    """`session(camera, id)`; `NotFoundError` if there is none."""


class SignallingError(MaskwatchError):
    """Raised when a request breaks the signalling protocol's rules; `status` is the HTTP status they ask for."""

    code = "signalling_invalid"

    def __init__(self, status: HTTPStatus, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy, code=f"signalling_{status.name.lower()}")
        self.status = int(status)


def bearer_token(request: web.Request) -> str | None:
    """The token in the `Authorization` header, if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def read_sdp(request: web.Request, content_type: str) -> str:
    """The body of `request`.

    Raises:
        SignallingError: it is of another type, no text, or far too long.
    """
    if request.content_type != content_type:
        raise SignallingError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body must be of type {content_type}.",
            remedy=f"Send it with Content-Type: {content_type}.",
        )
    body = await request.content.read(MAX_SDP_BYTES + 1)
    while len(body) <= MAX_SDP_BYTES and (more := await request.content.read(MAX_SDP_BYTES + 1 - len(body))):
        body += more
    if len(body) > MAX_SDP_BYTES:
        raise SignallingError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The SDP is far too long.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise SignallingError(HTTPStatus.BAD_REQUEST, "The SDP is no UTF-8 text.") from None


def created(request: web.Request, peer: Peer, answer: str, ice: IceSettings) -> web.Response:
    """The response to an offer: the answer, and where the session lies."""
    response = web.Response(status=HTTPStatus.CREATED, body=answer.encode(), content_type=SDP)
    response.headers[hdrs.LOCATION] = f"{request.rel_url.raw_path}/{peer.id}"
    response.headers[hdrs.ETAG] = f'"{peer.etag}"'
    response.headers["Accept-Patch"] = FRAGMENT
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    _name_ice_servers(response, ice)
    return response


def _name_ice_servers(response: web.Response, ice: IceSettings) -> None:
    for link in ice.links():
        response.headers.add(hdrs.LINK, link)


async def _trickle(request: web.Request, peer: Peer) -> web.Response:
    """Take further candidates of the browser into its session.

    Raises:
        SignallingError: the wrong version, or an ICE restart, which RFC 9725 lets a server refuse.
        InvalidRequestError: the fragment makes no sense.
    """
    version = request.headers.get(hdrs.IF_MATCH)
    if version is None:
        raise SignallingError(
            HTTPStatus.PRECONDITION_REQUIRED, "The session's version is missing.", remedy="Send its ETag in If-Match."
        )
    if version not in ("*", f'"{peer.etag}"'):
        raise SignallingError(
            HTTPStatus.PRECONDITION_FAILED, "The session is of another version.", remedy="Make a new session."
        )
    try:
        await peer.trickle(await read_sdp(request, FRAGMENT))
    except IceRestartError as error:
        raise SignallingError(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, remedy=error.remedy) from None
    return web.Response(status=HTTPStatus.NO_CONTENT)


def routes(
    kind: str, post: Callable[[web.Request], Awaitable[web.Response]], sessions: Sessions, ice: IceSettings
) -> list[web.RouteDef]:
    """The routes `/{camera}/kind`, where offers are posted, and `/{camera}/kind/{session}`."""

    def session_of(request: web.Request) -> Peer:
        return sessions.session(request.match_info["camera"], request.match_info["session"])

    async def add_candidates(request: web.Request) -> web.Response:
        await sessions.authorize(request, request.match_info["camera"])
        return await _trickle(request, session_of(request))

    async def delete(request: web.Request) -> web.Response:
        await sessions.authorize(request, request.match_info["camera"])
        await session_of(request).end("it was deleted")
        return web.Response(status=HTTPStatus.OK)

    async def options(request: web.Request) -> web.Response:
        """What may be posted here; and, for who may, by which servers a way is found (RFC 9725, section 4.6)."""
        response = web.Response(
            status=HTTPStatus.NO_CONTENT,
            headers={
                "Accept-Post": SDP,
                hdrs.ALLOW: f"{hdrs.METH_OPTIONS}, {hdrs.METH_POST}",
                hdrs.CACHE_CONTROL: "no-store",
            },
        )
        with suppress(UnauthorizedError):
            await sessions.authorize(request, request.match_info["camera"])
            _name_ice_servers(response, ice)
        return response

    return [
        web.post(f"/{{camera}}/{kind}", post),
        web.options(f"/{{camera}}/{kind}", options),
        web.patch(f"/{{camera}}/{kind}/{{session}}", add_candidates),
        web.delete(f"/{{camera}}/{kind}/{{session}}", delete),
    ]
