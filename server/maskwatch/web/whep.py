"""WHEP: a browser watches a camera by WebRTC. docs/webrtc.md has the contract."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from maskwatch.live.hub import LiveHub
from maskwatch.rtc.peer import Peer
from maskwatch.web.hangup import SESSION_CHECK_S, until_unwelcome
from maskwatch.web.signalling import SDP, Authorize, Sessions, created, read_sdp, routes

MEDIA_ORIGIN = "Maskwatch-Media-Origin"
"""RTP timestamp at media tick 0, so that a shown frame's `rtpTimestamp` less this is the `media_ticks` of its faces."""


def whep_routes(
    hub: LiveHub,
    *,
    authorize: Authorize,
    still_welcome: Callable[[web.Request], Awaitable[bool]],
    session_check_s: float = SESSION_CHECK_S,
) -> list[web.RouteDef]:
    """The routes `/{camera}/whep` and `/{camera}/whep/{session}`.

    `authorize` is as in `whip_routes`, `still_welcome` as in `WebsocketApi`: who is not is sent home soon.
    """

    async def send_home(request: web.Request, peer: Peer) -> None:
        await until_unwelcome(request, still_welcome, every_s=session_check_s)
        peer.end("logged out")

    async def watch(request: web.Request) -> web.Response:
        camera = request.match_info["camera"]
        await authorize(request, camera)
        viewing = await hub.watch(camera, await read_sdp(request, SDP))
        if not viewing.peer.ended:
            viewing.peer.run_until_end(send_home(request, viewing.peer))
        response = created(request, viewing.peer, viewing.answer, hub.ice)
        response.headers[MEDIA_ORIGIN] = str(viewing.media_origin)
        return response

    return routes("whep", watch, Sessions(authorize=authorize, session=hub.session), hub.ice)
