"""What a process used: processor seconds and memory, from Linux's own books."""

import os
from dataclasses import dataclass
from pathlib import Path

from maskwatch.errors import ConfigError

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Processor seconds since the process began, and its largest resident memory in MB (1e6 bytes)."""

    cpu_s: float
    peak_rss_mb: float


def usage_of(pid: int) -> Usage:
    """What process `pid` has used so far, without its children.

    Raises:
        ConfigError: this system keeps no such books.
    """
    folder = Path("/proc") / str(pid)
    try:
        stat = (folder / "stat").read_text()
        status = (folder / "status").read_text()
    except OSError:
        raise ConfigError("bench needs Linux: it reads /proc, or the measured process has ended.") from None
    # The name in brackets may hold anything, blanks included: count from behind it.
    fields = stat.rpartition(")")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
    return Usage(cpu_s=cpu_s, peak_rss_mb=int(peak) * 1024 / 1e6)
