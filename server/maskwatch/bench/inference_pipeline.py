"""What a user could install instead: roboflow's `inference`, its InferencePipeline with the same detector.

Run by a Python that has `inference`, as a program of its own: `python -m maskwatch.bench.inference_pipeline '{…}'` with
maskwatch on its path. Takes and prints what `maskwatch.bench.script` does. It judges no masks: faces are all it finds.
"""

import json
import os
import sys
import threading
import time
from typing import Any

os.environ |= {"OFFLINE_MODE": "True", "TELEMETRY_OPT_OUT": "True"}

import cv2
import numpy as np

from maskwatch.bench.timecode import read_code
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig


class Watch:
    """Detects in what the pipeline brings, and notes which pictures it were."""

    def __init__(self, detector_size: int) -> None:
        self._detector = MaskwatchDetector(MaskwatchDetectorConfig(size=detector_size))
        self.seen: list[tuple[int, int, float]] = []
        self.counting = threading.Event()

    def detect(self, frames: list[Any]) -> list[Any]:
        """Called with one picture each of some of the cameras."""
        images = [np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8) for frame in frames]
        return list(zip(images, self._detector.detect(images), strict=True))

    def note(self, found: Any, frames: Any) -> None:
        """Called with what was found, and where."""
        answers, pictures = (found, frames) if isinstance(frames, list) else ([found], [frames])
        for answer, frame in zip(answers, pictures, strict=True):
            number = read_code(answer[0]) if answer is not None else None
            if frame is not None and number is not None and self.counting.is_set():
                self.seen.append((int(frame.source_id or 0), number, time.time()))


def main() -> None:
    """Watch as long as the task says, and tell what came of it."""
    from inference import InferencePipeline  # type: ignore[import-not-found] # noqa: PLC0415 - not ours to install

    task = json.loads(sys.argv[1])
    watch = Watch(task["detector_size"])
    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=task["urls"],
        on_video_frame=watch.detect,
        on_prediction=watch.note,
        # It divides this among its cameras.
        max_fps=task["looks_per_s"] * len(task["urls"]),
    )
    threading.Thread(target=pipeline.start, daemon=True).start()
    time.sleep(task["warmup_s"])
    began = time.monotonic(), time.process_time()
    watch.counting.set()
    time.sleep(task["seconds"])
    elapsed_s, cpu_s = time.monotonic() - began[0], time.process_time() - began[1]
    watch.counting.clear()
    result = {"seen": watch.seen, "seconds": elapsed_s, "cpu_s": cpu_s}
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()  # until its memory was read
    os._exit(0)  # its threads don't end when they are asked to


if __name__ == "__main__":
    main()
