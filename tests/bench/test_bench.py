"""`maskwatch bench` measures what it says it does. How fast this machine is, is not judged here."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from maskwatch.bench.cameras import NumberedClip
from maskwatch.bench.compare import measure_inference
from maskwatch.bench.errors import BenchError
from maskwatch.bench.soak import slope_mb_per_h
from maskwatch.bench.subject import Counts, Stream, Task, quantile
from maskwatch.bench.timecode import draw_code, read_code
from maskwatch.cli.main import app

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(240)]


def test_it_writes_a_row_for_each_number_of_cameras(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = [
        "bench",
        "--cameras",
        "0,1",
        "--seconds",
        "2",
        "--detector-size",
        "320",
        "--compare",
        "--json",
        str(file),
    ]
    ended = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    figures = json.loads(file.read_text())
    assert figures["machine"]["cores"] >= 1
    idle, row = (row for row in figures["rows"] if row["contender"] == "maskwatch")
    assert (idle["cameras"], idle["looks_per_s"]) == (0, None)
    assert 50 < idle["rss_mb"] < row["rss_mb"]
    assert (row["cameras"], row["detector_size"]) == (1, 320)
    assert 0 < row["looks_per_s"] <= 6
    assert 0 < row["frame_age_s"]["p50"] <= row["frame_age_s"]["p95"] <= row["frame_age_s"]["p99"]
    assert row["frame_age_s"]["p50"] < 20  # a number misread would be anywhere in the clip of 24 s
    assert row["cpu_s_per_camera_s"] > 0
    assert figures["details"][0]["stage_s_per_camera_s"]["detect"] > 0
    assert row["rss_mb"] > 50
    assert row["drops"]["sampler/not_due"] > 0
    assert "| maskwatch | 1 | 320 |" in ended.output
    script = next(row for row in figures["rows"] if row["contender"].startswith("script"))
    assert script["looks_per_s"] > 0
    assert 0 < script["frame_age_s"]["p50"] <= script["frame_age_s"]["p95"]
    assert script["rss_mb"] > row["rss_mb"]


def test_it_measures_how_soon_an_alert_is_there(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    ended = CliRunner().invoke(app, ["bench", "--alerts", "2", "--json", str(file)], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    (row,) = json.loads(file.read_text())["rows"]
    assert row["alerts"] == 2
    assert row["late_s"]["p50"] >= -0.01
    assert "| 2 | 1.0 | 5.0 |" in ended.output


async def test_a_python_without_inference_is_told_from_one_that_is_slow(tmp_path: Path) -> None:
    clip = NumberedClip(path=tmp_path / "clip.mp4", pictures=360, fps=15.0)
    stream = Stream(url="rtsp://127.0.0.1:1/cam", since=lambda: None)
    task = Task(streams=[stream], cameras=1, clip=clip, seconds=1.0, looks_per_s=5.0, detector_size=320)
    with pytest.raises(BenchError, match=r"inference \(InferencePipeline\) ended before it was done"):
        await measure_inference(task, Path(sys.executable))


def test_a_number_of_cameras_that_makes_no_sense_is_refused() -> None:
    for cameras in ("none", "-1", "1,-2", ""):
        ended = CliRunner().invoke(app, ["bench", "--cameras", cameras])
        assert ended.exit_code != 0
        assert "numbers of cameras" in str(ended.exception) + ended.output


@given(value=st.integers(0, 2**32 - 1), noise=st.floats(0, 30))
def test_a_code_drawn_into_a_picture_is_read_again(value: int, noise: float) -> None:
    image = np.full((360, 640, 3), 90, np.uint8)
    draw_code(image, value)
    noisy = np.clip(image + np.random.default_rng(1).normal(0, noise, image.shape), 0, 255).astype(np.uint8)
    assert read_code(noisy) == value
    image[:16, 320:336] = 255 - image[:16, 320:336]
    assert read_code(image) is None


def test_the_age_of_a_picture_follows_from_its_place_in_the_clip() -> None:
    clip = NumberedClip(path=Path("clip.mp4"), pictures=360, fps=15.0)
    assert clip.length_s == 24
    assert clip.age_s(102.0, now_s=102.5) == pytest.approx(0.5)
    assert clip.age_s(123.9, now_s=148.2) == pytest.approx(0.3)  # sent at the end of the second round


def test_a_soak_tells_whether_anything_grows(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"
    arguments = ["bench", "--cameras", "1", "--soak", "0.4", "--detector-size", "320", "--json", str(file)]
    ended = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    soak = json.loads(file.read_text())["soak"]
    assert soak["cameras"] == 2
    assert soak["looks_per_s"] > 0
    assert soak["memory_mb"]["end"] > 50
    assert soak["open_files"]["end"] > 5
    assert soak["tasks"]["end"] > 5
    assert 0 < soak["event_loop_lag_s"]["p50"] <= soak["event_loop_lag_s"]["p99"]


def test_memory_that_goes_up_and_down_grows_only_if_its_floor_does() -> None:
    swinging = [(at_s, 500.0 + 25 * (at_s // 10 % 4 == 3)) for at_s in np.arange(0, 1800, 10.0)]
    assert slope_mb_per_h(swinging) == pytest.approx(0, abs=1e-6)
    leaking = [(at_s, mb + at_s * 10 / 3600) for at_s, mb in swinging]
    assert slope_mb_per_h(leaking) == pytest.approx(10, rel=0.15)


def test_a_quantile_lies_in_its_bucket_in_proportion() -> None:
    buckets: Counts = {("0.01",): 50.0, ("0.02",): 90.0, ("+Inf",): 100.0}
    assert quantile(buckets, 0.5) == pytest.approx(0.01)
    assert quantile(buckets, 0.7) == pytest.approx(0.015)
    assert quantile(buckets, 0.99) == pytest.approx(0.02), "what lies beyond is taken for the last end"
    assert quantile({("0.01",): 0.0, ("+Inf",): 0.0}, 0.99) is None
    assert quantile({}, 0.5) is None


def test_what_bench_starts_ends_with_it_however_it_ends() -> None:
    """The grandchild holds the writing end of a pipe: its end is seen there."""
    reading, writing = os.pipe()
    parent = (
        "import subprocess, sys, time; from maskwatch.bench.processes import ending_with_us;"
        f"child = subprocess.Popen(ending_with_us(['sh', '-c', 'echo started; exec sleep 600']), pass_fds=[{writing}]);"
        "time.sleep(600)"
    )
    with (
        subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, pass_fds=[writing]) as process,
        os.fdopen(reading, "rb") as pipe,
    ):
        os.close(writing)
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.kill()
        assert select.select([pipe], [], [], 30)[0], "the grandchild still runs"
        assert pipe.read() == b""
