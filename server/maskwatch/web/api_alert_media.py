"""`/api/v1/alerts/{id}/…`: the pictures and the clip of an alert."""

from typing import Any

from aiohttp import hdrs, web

from maskwatch.errors import NotFoundError
from maskwatch.web.ports import Snapshots
from maskwatch.web.routes import Call, Media, Nothing, Operation

_JPEG, _MP4 = "image/jpeg", "video/mp4"
_MEDIA = (
    ("face", "face.jpg", _JPEG, "The best picture of the face"),
    ("frame", "frame.jpg", _JPEG, "The whole picture with boxes drawn in"),
    ("before", "before.jpg", _JPEG, "The last picture from before it began"),
    ("clip", "clip.mp4", _MP4, "A short video, as the camera sent it"),
)


class AlertMediaApi:
    """Serves the files."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [self._operation(*media) for media in _MEDIA]

    def _operation(self, kind: str, file: str, content_type: str, summary: str) -> Operation[Any, Any]:
        async def serve(call: Call[Nothing, Nothing]) -> web.StreamResponse:
            return await self._file(call.part("id"), kind, content_type)

        return Operation(
            name=f"alert_{kind}", method="GET", path=f"/alerts/{{id}}/{file}", tag="alerts", summary=summary,
            query=Nothing, body=Nothing, answer=Media(content_type, f"{summary}."), handler=serve, errors=(404,),
            # A browser that keeps it asks whether it is still there; a player asks for parts.
            other_statuses=(304,) if content_type == _JPEG else (206, 304, 416),
        )  # fmt: skip

    async def _file(self, alert_id: str, kind: str, content_type: str) -> web.StreamResponse:
        file = await self._snapshots.path(alert_id, kind)
        if file is None:
            what = "clip" if kind == "clip" else "picture"
            raise NotFoundError(
                f"No such {what} is kept.",
                remedy="It may have been erased to keep within retention's limits.",
                code=f"no_{what}",
            )
        # A browser may keep it, but asks each time: an erased picture must not be shown again.
        headers = {hdrs.CACHE_CONTROL: "private, no-cache", hdrs.CONTENT_TYPE: content_type}
        return web.FileResponse(file, headers=headers)
