"""The newest picture of a camera as JPEG, with what frame it shows in its headers."""

from http import HTTPStatus

from aiohttp import hdrs, web

from maskwatch.errors import InvalidRequestError
from maskwatch.live.still import Stills
from maskwatch.web.signalling import Authorize


def still_routes(stills: Stills, *, authorize: Authorize) -> list[web.RouteDef]:
    """The route `/api/v1/cameras/{name}/frame.jpg?width=`; `authorize` as in `whip_routes`.

    A browser that has the picture already (`If-None-Match`) is told so in a few bytes.
    """

    async def frame(request: web.Request) -> web.Response:
        camera = request.match_info["name"]
        await authorize(request, camera)
        width = _width(request)
        still = await stills.newest(camera, width)
        etag = f'"{still.captured_utc.timestamp():.6f}-{still.sequence}-{width or 0}"'
        headers = {
            hdrs.CACHE_CONTROL: "private, no-cache",
            hdrs.ETAG: etag,
            hdrs.AGE: str(int(still.age_s)),
            "Maskwatch-Sequence": str(still.sequence),
            "Maskwatch-Captured-At": still.captured_utc.isoformat(),
            "Maskwatch-Media-Ticks": str(still.media_ticks),
        }
        if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=still.jpeg, content_type="image/jpeg", headers=headers)

    return [web.get("/api/v1/cameras/{name}/frame.jpg", frame)]


def _width(request: web.Request) -> int | None:
    text = request.query.get("width")
    if text is None:
        return None
    # Looked at only if it is short: Python reads no number of thousands of digits.
    width = int(text) if text.isascii() and text.isdigit() and len(text) <= len("10000") else 0
    if not 1 <= width <= 10_000:
        raise InvalidRequestError("The width of a picture is a number of pixels.", remedy="Use 1 to 10000.")
    return width
