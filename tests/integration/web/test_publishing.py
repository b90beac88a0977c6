import aiohttp

from tests.integration.rtc.parts import Phone, Viewer
from tests.integration.web.conftest import House, Open
from tests.integration.web.test_auth import BASIC, USERS


def url(house: House, path: str) -> str:
    return str(house.server.make_url(path))


async def test_a_phone_with_its_token_becomes_a_camera_that_a_user_watches(open_house: Open) -> None:
    house = await open_house(users=USERS)
    _, camera = await house.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"}, headers=BASIC)
    token = camera["publish_url"].partition("token=")[2]
    async with (
        aiohttp.ClientSession() as stranger,
        aiohttp.ClientSession(headers=BASIC) as user,
        house.client.ws_connect("/api/v1/ws", headers=BASIC) as socket,
    ):
        uninvited = Phone(stranger, url(house, "/phone/whip"), token="guess")
        assert await uninvited.connect() == 401
        phone = Phone(stranger, url(house, "/phone/whip"), token=token)
        assert await phone.connect() == 201
        state = ""
        while state != "online":
            message = await socket.receive_json()
            state = message["camera"]["state"] if message["type"] == "camera" else state
        peeping = Viewer(stranger, url(house, "/phone/whep"))
        assert await peeping.connect() == 401
        viewer = Viewer(user, url(house, "/phone/whep"))
        assert await viewer.connect() == 201
        image, _ = await viewer.frame()
        assert image.shape[2] == 3
        still = await user.get(url(house, "/api/v1/cameras/phone/frame.jpg"))
        assert (still.status, still.content_type) == (200, "image/jpeg")
        assert await uninvited.connect() == 401
        await house.call("DELETE", "/api/v1/cameras/phone", headers=BASIC)
        await viewer.ended()
        for browser in (viewer, peeping, phone, uninvited):
            await browser.close()


async def test_what_comes_by_whip_and_makes_no_sense(open_house: Open) -> None:
    house = await open_house({"cameras": {"phone": {"url": "webrtc:"}, "gate": {"url": "rtsp://127.0.0.1:9/x"}}})
    sdp = {"Content-Type": "application/sdp"}
    for path, status, body, headers in [
        ("/phone/whip", 415, b"v=0", {}),
        ("/phone/whip", 400, b"garbage", sdp),
        ("/phone/whip", 413, b"v" * 200_000, sdp),
        ("/gate/whip", 409, b"v=0", sdp),
        ("/none/whip", 404, b"v=0", sdp),
        ("/none/whep", 404, b"v=0", sdp),
    ]:
        response, problem = await house.call("POST", path, data=body, headers=headers)
        assert (response.status, response.content_type) == (status, "application/problem+json"), (path, problem)
        assert problem["code"]
        assert problem["detail"].endswith(".")
    response, _ = await house.call("DELETE", "/phone/whip/none")
    assert response.status == 404
