"""WHEP: a browser watches a camera by WebRTC. docs/webrtc.md has the contract."""

from aiohttp import web

from maskwatch.live.hub import LiveHub
from maskwatch.web.signalling import SDP, Authorize, Sessions, created, read_sdp, routes

MEDIA_ORIGIN = "Maskwatch-Media-Origin"
"""RTP timestamp at media tick 0, so that a shown frame's `rtpTimestamp` less this is the `media_ticks` of its faces."""


def whep_routes(hub: LiveHub, *, authorize: Authorize) -> list[web.RouteDef]:
    """The routes `/{camera}/whep` and `/{camera}/whep/{session}`; `authorize` as in `whip_routes`."""

    async def watch(request: web.Request) -> web.Response:
        camera = request.match_info["camera"]
        await authorize(request, camera)
        viewing = await hub.watch(camera, await read_sdp(request, SDP))
        response = created(request, viewing.peer, viewing.answer, hub.ice)
        response.headers[MEDIA_ORIGIN] = str(viewing.media_origin)
        return response

    return routes("whep", watch, Sessions(authorize=authorize, session=hub.session), hub.ice)
