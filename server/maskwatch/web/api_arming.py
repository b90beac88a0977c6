"""Switching alerts off for a while, and on again: of one camera, or of all."""

from datetime import UTC, datetime, timedelta
from typing import Any

from maskwatch.core.arming import Disarm
from maskwatch.web.auth import IDENTITY
from maskwatch.web.camera_service import CameraService
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.cameras import Camera, CameraList, DisarmRequest


class ArmingApi:
    """The operations that arm and disarm."""

    def __init__(self, cameras: CameraService) -> None:
        self._cameras = cameras

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="disarm_camera", method="POST", path="/cameras/{name}/disarm", tag="cameras",
                summary="Raise no alerts of a camera for some minutes; it is watched all the same",
                query=Nothing, body=DisarmRequest, answer=Camera, handler=self.disarm, errors=(404,),
            ),
            Operation(
                name="arm_camera", method="POST", path="/cameras/{name}/arm", tag="cameras",
                summary="End the disarming of a camera",
                query=Nothing, body=Nothing, answer=Camera, handler=self.arm, errors=(404,),
            ),
            Operation(
                name="disarm_all", method="POST", path="/disarm", tag="cameras",
                summary="Raise no alerts of any camera for some minutes",
                query=Nothing, body=DisarmRequest, answer=CameraList, handler=self.disarm_all,
            ),
            Operation(
                name="arm_all", method="POST", path="/arm", tag="cameras",
                summary="End the disarming of all cameras",
                query=Nothing, body=Nothing, answer=CameraList, handler=self.arm_all,
            ),
        ]  # fmt: skip

    async def disarm(self, call: Call[Nothing, DisarmRequest]) -> Camera:
        """POST /cameras/{name}/disarm."""
        name = self._cameras.get(call.part("name")).name
        await self._cameras.set_disarm([name], _wanted(call))
        return self._cameras.get(name)

    async def arm(self, call: Call[Nothing, Nothing]) -> Camera:
        """POST /cameras/{name}/arm."""
        name = self._cameras.get(call.part("name")).name
        await self._cameras.set_disarm([name], None)
        return self._cameras.get(name)

    async def disarm_all(self, call: Call[Nothing, DisarmRequest]) -> CameraList:
        """POST /disarm."""
        await self._cameras.set_disarm(self._cameras.names(), _wanted(call))
        return CameraList(self._cameras.describe_all())

    async def arm_all(self, _call: Call[Nothing, Nothing]) -> CameraList:
        """POST /arm."""
        await self._cameras.set_disarm(self._cameras.names(), None)
        return CameraList(self._cameras.describe_all())


def _wanted(call: Call[Nothing, DisarmRequest]) -> Disarm:
    now = datetime.now(UTC).replace(microsecond=0)
    by = call.body.by or call.request[IDENTITY].user
    return Disarm(since_utc=now, until_utc=now + timedelta(minutes=call.body.minutes), by=by)
