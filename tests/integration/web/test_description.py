from typing import Any

from aiohttp import web
from openapi_spec_validator import validate

from maskwatch.web.routes import API
from tests.integration.web.conftest import House


async def test_the_description_is_valid_openapi(house: House) -> None:
    document = await house.get("/api/v1/openapi.json")
    assert document["openapi"] == "3.1.0"
    validate(document)
    assert document == house.described.document


async def test_every_route_of_the_api_is_described(house: House) -> None:
    document = house.described.document
    routes = {
        (route.resource.canonical, route.method.lower())
        for route in _app(house).router.routes()
        if route.resource is not None and route.resource.canonical.startswith(API) and route.method != "HEAD"
    }
    described = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert routes == described


async def test_every_message_of_the_websocket_is_described(house: House) -> None:
    schemas = house.described.document["components"]["schemas"]
    named = {reference["$ref"].rpartition("/")[2] for reference in schemas["ServerMessage"]["oneOf"]}
    assert named == {"HelloMessage", "FacesMessage", "AlertMessage", "CameraMessage", "ErrorMessage"}
    assert "Subscribe" in schemas


async def test_every_operation_says_what_can_go_wrong(house: House) -> None:
    for operations in house.described.document["paths"].values():
        for operation in operations.values():
            assert {"401", "403"} <= operation["responses"].keys()
            assert operation["summary"]


def _app(house: House) -> web.Application:
    app: Any = house.server.app
    assert isinstance(app, web.Application)
    return app
