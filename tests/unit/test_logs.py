"""What is logged, as another process sees it: the chain is set up once for all of a process."""

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import logging
import structlog
from maskwatch.config import LogSettings
from maskwatch.logs import configure_logging

configure_logging(LogSettings(format={form!r}))


def connect(password: str) -> None:
    raise ValueError("no answer from rtsp://ayu:" + password + "@camera/live")


try:
    connect("hunter2")
except ValueError as error:
    logging.getLogger("library").exception("a library failed")
    structlog.get_logger().error("we failed", exc_info=error)
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_stack_is_logged_without_what_its_frames_hold(form: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(form=form)], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr.count("no answer from rtsp://camera/live") == 2
    assert "hunter2" not in ended.stderr
    if form == "json":
        assert [json.loads(line)["event"] for line in ended.stderr.splitlines()] == ["a library failed", "we failed"]
