"""The browser's types are made from the server's models: the file between the two must be in step with them."""

import json
import runpy
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client_web"


def test_the_clients_wire_types_are_those_of_the_server() -> None:
    made = runpy.run_path(str(CLIENT / "scripts" / "wire_schema.py"))["wire_schema"]()
    kept = json.loads((CLIENT / "wire.json").read_text())
    assert kept == json.loads(json.dumps(made)), (
        "client_web/wire.json is out of step with maskwatch.web.schema: run "
        "`python client_web/scripts/wire_schema.py > client_web/wire.json` and `npm run wire` in client_web"
    )
