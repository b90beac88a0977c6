"""WHIP (RFC 9725): a phone, a browser, OBS or GStreamer becomes a camera. docs/webrtc.md has the contract."""

from collections.abc import Callable

from aiohttp import web

from maskwatch.errors import ConflictError, NotFoundError
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.web.signalling import SDP, Authorize, Sessions, created, read_sdp, routes


def whip_routes(
    desk: PublisherDesk, *, authorize: Authorize, source_of: Callable[[str], str | None]
) -> list[web.RouteDef]:
    """The routes `/{camera}/whip` and `/{camera}/whip/{session}`.

    `authorize(request, camera)` raises `UnauthorizedError` unless the request carries the camera's token (or whatever
    else is good enough). `source_of(camera)` is the type of the camera's source, None if there is no such camera.
    """

    async def publish(request: web.Request) -> web.Response:
        camera = request.match_info["camera"]
        await authorize(request, camera)
        _see_that_it_takes(camera, source_of(camera))
        peer, answer = await desk.publish(camera, await read_sdp(request, SDP))
        return created(request, peer, answer, desk.ice)

    return routes("whip", publish, Sessions(authorize=authorize, session=desk.session), desk.ice)


def _see_that_it_takes(camera: str, source: str | None) -> None:
    if source is None:
        raise NotFoundError(
            f"There is no camera {camera!r} to send to.", remedy="Add it in the dashboard, as a phone or browser."
        )
    if source != "webrtc":
        raise ConflictError(
            f"The camera {camera!r} has an address of its own; a phone or browser can't send to it.",
            remedy="Add another camera for the phone, with the address webrtc:",
            code="not_a_webrtc_camera",
        )
