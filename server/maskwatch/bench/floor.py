"""The floor: FFmpeg decoding the same streams and throwing the pictures away, one process a camera."""

import asyncio
import resource
import shutil
import time
from typing import Any


async def measure_floor(urls: list[str], *, seconds: float, detector_size: int) -> dict[str, Any] | None:
    """One row of bare decoding, or None where there is no `ffmpeg` program."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.monotonic()
    processes = [
        await asyncio.create_subprocess_exec(
            program, "-nostdin", "-loglevel", "quiet", "-rtsp_transport", "tcp", "-threads", "1", "-i", url,
            "-t", str(seconds), "-an", "-f", "null", "-",
        )
        for url in urls
    ]  # fmt: skip
    await asyncio.gather(*(process.wait() for process in processes))
    elapsed_s = time.monotonic() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "contender": "ffmpeg (decodes only)",
        "cameras": len(urls),
        "detector_size": detector_size,
        "looks_per_s": None,
        "frame_age_s": {"p50": None, "p95": None, "p99": None},
        "cpu_s_per_camera_s": round(cpu_s / elapsed_s / len(urls), 4),
        "rss_mb": None,
        "drops": {},
    }
