"""`/api/v1/cameras`: list, add, change, test, remove; the QR code that makes a phone a camera."""

import io
from http import HTTPStatus
from typing import Any

import segno
from aiohttp import hdrs, web

from maskwatch.errors import ConflictError
from maskwatch.web.camera_service import CameraService
from maskwatch.web.camera_test import CameraTester
from maskwatch.web.phones import PhoneAddress
from maskwatch.web.routes import Call, Media, Nothing, Operation
from maskwatch.web.schema.cameras import (
    Camera,
    CameraChange,
    CameraCreate,
    CameraList,
    CameraTest,
    CameraTestResult,
    FrameQuery,
)

_SVG = "image/svg+xml"


class CamerasApi:
    """The operations on cameras."""

    def __init__(self, cameras: CameraService, tester: CameraTester, phones: PhoneAddress) -> None:
        self._cameras = cameras
        self._tester = tester
        self._phones = phones

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="list_cameras", method="GET", path="/cameras", tag="cameras", summary="All cameras",
                query=Nothing, body=Nothing, answer=CameraList, handler=self.list_all,
            ),
            Operation(
                name="add_camera", method="POST", path="/cameras", tag="cameras", summary="Add a camera",
                query=Nothing, body=CameraCreate, answer=Camera, handler=self.add,
                status=HTTPStatus.CREATED, errors=(409,),
            ),
            Operation(
                name="test_camera", method="POST", path="/cameras/test", tag="cameras",
                summary="Try an address: what it sends, or why it does not work",
                query=Nothing, body=CameraTest, answer=CameraTestResult, handler=self.test,
            ),
            Operation(
                name="get_camera", method="GET", path="/cameras/{name}", tag="cameras", summary="One camera",
                query=Nothing, body=Nothing, answer=Camera, handler=self.get, errors=(404,),
            ),
            Operation(
                name="change_camera", method="PATCH", path="/cameras/{name}", tag="cameras",
                summary="Change a camera, pause it (enabled: false) or let it go on",
                query=Nothing, body=CameraChange, answer=Camera, handler=self.change, errors=(404, 409),
            ),
            Operation(
                name="remove_camera", method="DELETE", path="/cameras/{name}", tag="cameras",
                summary="Remove a camera; its alerts stay",
                query=Nothing, body=Nothing, answer=None, handler=self.remove, errors=(404, 409),
            ),
            Operation(
                name="retry_camera", method="POST", path="/cameras/{name}/retry", tag="cameras",
                summary="Open a camera now instead of waiting for its next try",
                query=Nothing, body=Nothing, answer=Camera, handler=self.retry, errors=(404,),
            ),
            Operation(
                name="camera_frame", method="GET", path="/cameras/{name}/frame.jpg", tag="cameras",
                summary="Its newest picture",
                query=FrameQuery, body=Nothing, answer=Media("image/jpeg", "The picture; `ETag` and `Age` tell of it."),
                handler=None, errors=(404,), other_statuses=(304,),
            ),
            Operation(
                name="publish_code", method="GET", path="/cameras/{name}/publish.svg", tag="cameras",
                summary="QR code of the page that makes a phone this camera",
                query=Nothing, body=Nothing, answer=Media(_SVG, "A QR code."), handler=self.publish_code,
                errors=(404, 409),
            ),
        ]  # fmt: skip

    async def list_all(self, _call: Call[Nothing, Nothing]) -> CameraList:
        """GET /cameras."""
        return CameraList(self._cameras.describe_all())

    async def add(self, call: Call[Nothing, CameraCreate]) -> Camera:
        """POST /cameras."""
        return await self._cameras.add(call.body)

    async def test(self, call: Call[Nothing, CameraTest]) -> CameraTestResult:
        """POST /cameras/test."""
        return await self._tester.test(call.body.url.strip(), call.body.options)

    async def get(self, call: Call[Nothing, Nothing]) -> Camera:
        """GET /cameras/{name}."""
        return self._cameras.get(call.part("name"))

    async def change(self, call: Call[Nothing, CameraChange]) -> Camera:
        """PATCH /cameras/{name}."""
        return await self._cameras.change(call.part("name"), call.body)

    async def remove(self, call: Call[Nothing, Nothing]) -> None:
        """DELETE /cameras/{name}."""
        await self._cameras.remove(call.part("name"))

    async def retry(self, call: Call[Nothing, Nothing]) -> Camera:
        """POST /cameras/{name}/retry."""
        return self._cameras.retry(call.part("name"))

    async def publish_code(self, call: Call[Nothing, Nothing]) -> web.Response:
        """GET /cameras/{name}/publish.svg."""
        link = self._cameras.get(call.part("name")).publish_url
        if link is None:
            raise ConflictError(
                "This camera has an address of its own; no phone sends to it.",
                remedy="Add a camera with the address webrtc: for the phone.",
                code="not_a_phone",
            )
        drawn = io.BytesIO()
        code = segno.make_qr(self._phones.absolute(link, call.request), error="m")
        code.save(drawn, kind="svg", scale=8, border=4, xmldecl=False, light="#fff", dark="#000", omitsize=True)
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(body=drawn.getvalue(), content_type=_SVG, headers=headers)
