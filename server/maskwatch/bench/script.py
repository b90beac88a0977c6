"""What a user would write instead: OpenCV's VideoCapture, every frame to the detector, `model.predict` for each face.

Run as a program of its own: `python -m maskwatch.bench.script '{"url": …, "cameras": 1, "seconds": 30, …}'`. Prints one
JSON line: looks, ages of the pictures in seconds when their verdicts were out, and seconds measured.
"""

import json
import sys
import threading
import time
from typing import Any

import cv2
import numpy as np

from maskwatch.bench.cameras import NumberedClip
from maskwatch.bench.timecode import read_code
from maskwatch.core.crops import square_crop
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.resources import models_dir


class Script:
    """One thread a camera, as such scripts are written: read, detect, predict, read."""

    def __init__(self, task: dict[str, Any], clip: NumberedClip) -> None:
        import keras  # noqa: PLC0415 - heavy

        self._task, self._clip = task, clip
        self._model = keras.saving.load_model(models_dir() / "classifier.keras", compile=False)
        self._side = int(self._model.inputs[0].shape[1])
        self._predict = threading.Lock()
        self.looks = 0
        self.ages_s: list[float] = []
        self.counting = threading.Event()
        self.over = threading.Event()

    def watch(self) -> None:
        """Watch one camera until it is over."""
        detector = MaskwatchDetector(MaskwatchDetectorConfig(size=self._task["detector_size"]))
        capture = cv2.VideoCapture(self._task["url"], cv2.CAP_FFMPEG)
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
                self.looks += 1
                place_s = number / self._clip.fps
                self.ages_s.append(self._clip.age_s(place_s, self._task["since"], time.time()))
        capture.release()


def main() -> None:
    """Watch as long as the task says, and tell what came of it."""
    task = json.loads(sys.argv[1])
    clip = NumberedClip(path=task["clip"], pictures=task["pictures"], fps=task["fps"])
    script = Script(task, clip)
    threads = [threading.Thread(target=script.watch, daemon=True) for _ in range(task["cameras"])]
    for thread in threads:
        thread.start()
    time.sleep(task["warmup_s"])
    began = time.monotonic(), time.process_time()
    script.counting.set()
    time.sleep(task["seconds"])
    elapsed_s, cpu_s = time.monotonic() - began[0], time.process_time() - began[1]
    result = {"looks": script.looks, "ages_s": script.ages_s, "seconds": elapsed_s, "cpu_s": cpu_s}
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()  # until its memory was read
    script.over.set()


if __name__ == "__main__":
    main()
