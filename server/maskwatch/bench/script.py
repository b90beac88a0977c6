"""What a user would write instead: OpenCV's VideoCapture, every frame to the detector, `model.predict` for each face.

Run as a program of its own: `python -m maskwatch.bench.script '{"urls": […], "seconds": 30, …}'`. Prints one JSON
line: `seen` (camera, number of the picture, when its verdicts were out in seconds since 1970), seconds measured.
"""

import json
import sys
import threading
import time
from typing import Any

import cv2
import numpy as np

from maskwatch.bench.timecode import read_code
from maskwatch.core.crops import square_crop
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.resources import models_dir


class Script:
    """One thread a camera, as such scripts are written: read, detect, predict, read."""

    def __init__(self, task: dict[str, Any]) -> None:
        import keras  # noqa: PLC0415 - heavy

        self._task = task
        self._model = keras.saving.load_model(models_dir() / "classifier.keras", compile=False)
        self._side = int(self._model.inputs[0].shape[1])
        self._predict = threading.Lock()
        self.seen: list[tuple[int, int, float]] = []
        self.counting = threading.Event()
        self.over = threading.Event()

    def watch(self, camera: int) -> None:
        """Watch one camera until it is over."""
        detector = MaskwatchDetector(MaskwatchDetectorConfig(size=self._task["detector_size"]))
        capture = cv2.VideoCapture(self._task["urls"][camera], cv2.CAP_FFMPEG)
        while not self.over.is_set():
            ok, picture = capture.read()
            if not ok:
                break
            image = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            for face in detector.detect([image])[0]:
                crop = cv2.resize(square_crop(image, face.box, 0.2), (self._side, self._side))
                with self._predict:
                    self._model.predict(crop[None], verbose=0)
            number = read_code(image)
            if self.counting.is_set() and number is not None:
                self.seen.append((camera, number, time.time()))
        capture.release()


def main() -> None:
    """Watch as long as the task says, and tell what came of it."""
    task = json.loads(sys.argv[1])
    script = Script(task)
    cameras = range(len(task["urls"]))
    threads = [threading.Thread(target=script.watch, args=(camera,), daemon=True) for camera in cameras]
    for thread in threads:
        thread.start()
    time.sleep(task["warmup_s"])
    began = time.monotonic(), time.process_time()
    script.counting.set()
    time.sleep(task["seconds"])
    elapsed_s, cpu_s = time.monotonic() - began[0], time.process_time() - began[1]
    result = {"seen": script.seen, "seconds": elapsed_s, "cpu_s": cpu_s}
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()  # until its memory was read
    script.over.set()


if __name__ == "__main__":
    main()
