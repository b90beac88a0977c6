"""The demo's story, told by the very models that ship: what a newcomer sees in the first half minute."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maskwatch.cli.main import app
from maskwatch.demo import make_demo_clip

pytestmark = pytest.mark.timeout(300)


def test_masks_alerts_and_both_people_within_half_a_minute(tmp_path: Path) -> None:
    clip = make_demo_clip(tmp_path, lambda _: None)
    answer = CliRunner().invoke(app, ["replay", str(clip), "--set", "dwell_s=2", "--format", "jsonl"])
    assert answer.exit_code == 0, answer.output
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    alerts, summary = events[:-1], events[-1]
    assert [alert["event"] for alert in alerts] == ["raised", "closed", "raised", "closed"]
    assert {alert["kind"] for alert in alerts} == {"no_mask"}
    assert [alert["reason"] for alert in alerts if alert["event"] == "closed"] == ["mask_on", "mask_on"]
    assert alerts[0]["time_s"] < 10
    assert alerts[-1]["time_s"] < 24
    assert {alert["person"] for alert in alerts} == {1, 2}
    assert summary["people"] == 2
