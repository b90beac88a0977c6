"""`maskwatch detect` as a user runs it, on generated pictures and videos of the public portraits."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from maskwatch.cli import media
from maskwatch.cli.main import app
from maskwatch.cli.media import Target, shots, targets_of
from maskwatch.core.ports import RawFrame, SourceSink
from maskwatch.core.types import Image
from maskwatch.errors import MaskwatchError, SourceError, SourceReason
from maskwatch.pipeline.replay import recorded_utc
from tests.fixtures.faces import admiral, astronaut, noise

RUNNER = CliRunner()


def run(*arguments: object) -> Result:
    return RUNNER.invoke(app, ["detect", *map(str, arguments)])


def lines(*arguments: object) -> tuple[list[dict[str, Any]], int]:
    result = run(*arguments, "--format", "jsonl")
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def write_picture(path: Path, image: Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[..., ::-1])
    return path


def write_video(path: Path, frames: int, *, image: Image | None = None, fps: int = 10) -> Path:
    """The astronaut before a camera; every frame is a keyframe, so that a cut file still has whole frames."""
    picture = astronaut() if image is None else image
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"g": "1", "preset": "ultrafast"})
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_picture_gives_one_line_with_boxes_in_its_pixels(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", astronaut())
    (line,), status = lines(path)
    assert status == 0
    assert (line["input"], line["frame"], line["width"], line["height"]) == (str(path), 0, 512, 512)
    (face,) = line["faces"]
    x1, y1, x2, y2 = face["box"]
    assert 150 < x1 < 200 < x2 < 300
    assert 30 < y1 < 80 < y2 < 200
    assert face["label"] == "no_mask"
    assert set(face["probabilities"]) == {"mask", "no_mask", "incorrect"}
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_what_cannot_be_read_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "a.png", astronaut())
    (tmp_path / "in" / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "in" / "c.jpg").write_bytes(b"")
    write_picture(tmp_path / "in" / "d.png", admiral())
    told, status = lines(tmp_path / "in", tmp_path / "gone.png")
    assert status == 1
    assert [Path(str(line["input"])).name for line in told] == ["a.png", "b.jpg", "c.jpg", "d.png", "gone.png"]
    assert ["error" in line for line in told] == [False, True, True, False, True]
    assert "can't be decoded" in str(told[1]["error"])
    assert "There is no file" in str(told[4]["error"])
    assert set(told[1]) == {"input", "error"}


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (line,), status = lines(tmp_path)
    assert status == 1
    assert "no pictures" in str(line["error"])


def test_a_video_gives_a_line_a_frame(tmp_path: Path) -> None:
    told, status = lines(write_video(tmp_path / "v.mp4", 5))
    assert status == 0
    assert [line["frame"] for line in told] == [0, 1, 2, 3, 4]
    assert [line["time_s"] for line in told] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert all(len(line["faces"]) == 1 for line in told)


def test_a_truncated_video_gives_the_frames_it_has_and_then_an_error(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", 12)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    told, status = lines(cut)
    assert status == 1
    assert 2 <= len(told) - 1 <= 8
    assert all("faces" in line for line in told[:-1])
    assert "cut off" in str(told[-1]["error"])


def test_a_video_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"no video" * 100)
    (line,), status = lines(path)
    assert status == 1
    assert "error" in line


def test_a_limit_ends_a_video_early(tmp_path: Path) -> None:
    told, status = lines(write_video(tmp_path / "v.mp4", 6), "--limit", 2)
    assert (len(told), status) == (2, 0)


def test_annotated_copies_are_pictures_of_pictures_and_videos_of_videos(tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "deep" / "a.png", astronaut())
    write_video(tmp_path / "in" / "v.mkv", 3, image=np.ascontiguousarray(astronaut()[:510, :510]))
    _, status = lines(tmp_path / "in", "--annotate", tmp_path / "out")
    assert status == 0
    copy = cv2.imread(str(tmp_path / "out" / "deep" / "a.png"))
    assert copy is not None
    copy = copy[..., ::-1]
    assert copy.shape == astronaut().shape
    changed = (copy != astronaut()).any(axis=2)
    assert 0 < changed.mean() < 0.2
    assert not changed[300:].any()  # nothing is drawn away from the face
    with av.open(str(tmp_path / "out" / "v.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 510, 510)
        assert sum(1 for _ in container.decode(stream)) == 3


def test_an_annotated_copy_never_overwrites_what_it_is_a_copy_of(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", astronaut())
    before = path.read_bytes()
    (line,), status = lines(path, "--annotate", tmp_path)
    assert status == 1
    assert "overwrite" in str(line["error"])
    assert path.read_bytes() == before


def test_an_annotated_copy_overwrites_nothing_else_that_is_looked_at(tmp_path: Path) -> None:
    other = write_video(tmp_path / "walk.mp4", 2)
    write_video(tmp_path / "walk.avi", 3)
    before = other.read_bytes()
    told, status = lines(tmp_path, "--annotate", tmp_path)
    assert status == 1
    assert ["overwrite" in str(line.get("error")) for line in told] == [True, True]
    assert other.read_bytes() == before


def test_pictures_of_the_same_name_do_not_overwrite_each_other_s_copy(tmp_path: Path) -> None:
    write_picture(tmp_path / "a" / "x.png", astronaut())
    write_picture(tmp_path / "b" / "x.png", noise(90, 90))
    told, status = lines(tmp_path / "a" / "x.png", tmp_path / "b" / "x.png", "--annotate", tmp_path / "out")
    assert status == 1
    assert ["overwrite" in str(line.get("error")) for line in told] == [False, True]
    copy = cv2.imread(str(tmp_path / "out" / "x.png"))
    assert copy is not None
    assert copy.shape == astronaut().shape


def test_a_table_sums_up(tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "a.png", astronaut())
    write_picture(tmp_path / "in" / "b.png", noise(90, 90))
    result = run(tmp_path / "in")
    assert result.exit_code == 0
    rows = result.stdout.splitlines()
    assert len(rows) == 4
    assert rows[0].split()[0] == "input"
    assert rows[-1].split() == ["all", "1", "0", "1", "0", "0"]


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", astronaut())
    result = run(path, "--size", 100)
    assert result.exit_code == 1
    assert isinstance(result.exception, MaskwatchError)


class _Camera:
    """A source that delivers a few frames and then fails or waits to be stopped."""

    def __init__(self, frames: int, failure: MaskwatchError | None) -> None:
        self._frames = frames
        self._failure = failure

    def run(self, sink: SourceSink, stop: threading.Event) -> None:
        for index in range(self._frames):
            taken = threading.Event()

            def to_rgb(taken: threading.Event = taken) -> Image:
                taken.set()
                return astronaut()

            sink.frame(_raw(index, to_rgb))
            while not taken.wait(0.01):
                if stop.is_set():
                    return
        if self._failure is not None:
            raise self._failure
        stop.wait()


def _raw(index: int, to_rgb: Callable[[], Image]) -> RawFrame:
    return RawFrame(
        sequence=index,
        captured_monotonic_s=100 + index / 5,
        captured_utc=recorded_utc(index),
        to_rgb=to_rgb,
    )


@contextmanager
def camera(monkeypatch: pytest.MonkeyPatch, frames: int, failure: MaskwatchError | None = None) -> Iterator[None]:
    monkeypatch.setattr("maskwatch.sources.registry.create_source", lambda *_a, **_k: _Camera(frames, failure))
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "detect-stream"]


def test_a_stream_is_looked_at_until_the_limit_and_its_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(monkeypatch, frames=9):
        told, status = lines("rtsp://user:secret@host/live", "--limit", 3)
    assert (len(told), status) == (3, 0)
    assert {line["input"] for line in told} == {"rtsp://host/live"}
    assert told[0]["time_s"] == 0


def test_a_stream_that_ends_is_an_error_after_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(monkeypatch, 2, SourceError(SourceReason.ENDED, "The camera ended the stream.")):
        told, status = lines("rtsp://user:secret@host/live")
    assert status == 1
    assert [line.get("frame", line.get("error")) for line in told] == [0, 1, "The camera ended the stream."]


def test_a_stream_may_end_while_a_picture_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    class Brief:
        def run(self, sink: SourceSink, _stop: threading.Event) -> None:
            sink.frame(_raw(0, astronaut))
            looked_at.wait()
            sink.frame(_raw(1, astronaut))
            raise SourceError(SourceReason.ENDED, "The camera ended the stream.")

    looked_at = threading.Event()
    monkeypatch.setattr("maskwatch.sources.registry.create_source", lambda *_a, **_k: Brief())
    seen: list[int | str] = []

    def read() -> None:
        try:
            for shot in shots(Target(address="rtsp://host/x", shown="rtsp://host/x", kind="stream", name=Path("x"))):
                seen.append(shot.frame)
                looked_at.set()
                for thread in threading.enumerate():
                    if thread.name == "detect-stream":
                        thread.join()
        except SourceError as error:
            seen.append(error.message)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    assert ended.wait(20)
    assert seen == [0, 1, "The camera ended the stream."]


def test_the_reader_of_a_stream_stops_its_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(monkeypatch, frames=5):
        stream = shots(Target(address="rtsp://host/x", shown="rtsp://host/x", kind="stream", name=Path("x")))
        assert next(stream).frame == 0
        stream.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("rtsp://u:p@h/x?token=abc", "stream", "rtsp://h/x?token=***"),
        ("http://h/x", "stream", "http://h/x"),
        ("a/b.MP4", "video", "a/b.MP4"),
        ("a/b.jpg", "picture", "a/b.jpg"),
        ("nothing", "picture", "nothing"),
    ],
)
def test_what_an_argument_names(text: str, kind: str, shown: str) -> None:
    (target,) = targets_of([text])
    assert (target.kind, target.shown) == (kind, shown)
    assert ".." not in str(target.name)


def test_pictures_and_videos_are_told_apart() -> None:
    assert not media.PICTURES & media.VIDEOS
