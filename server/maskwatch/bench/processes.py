"""What a process used: processor seconds and memory, from Linux's own books."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maskwatch.errors import ConfigError

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Processor seconds since the process began; memory now and at most, in MB (1e6 bytes); threads; open files."""

    cpu_s: float
    peak_rss_mb: float
    rss_mb: float
    threads: int
    open_files: int


def ending_with_us(command: Sequence[str]) -> list[str]:
    """`command`, ended (SIGTERM) when this process ends, however that ends; unchanged where `setpriv` is missing."""
    program = shutil.which("setpriv")
    return list(command) if program is None else [program, "--pdeathsig", "TERM", *command]


def usage_of(pid: int) -> Usage:
    """What process `pid` has used so far, without its children.

    Raises:
        ConfigError: this system keeps no such books.
    """
    folder = Path("/proc") / str(pid)
    try:
        stat = (folder / "stat").read_text()
        status = (folder / "status").read_text()
        open_files = len(list((folder / "fd").iterdir()))
    except OSError:
        raise ConfigError("bench needs Linux: it reads /proc, or the measured process has ended.") from None
    # The name in brackets may hold anything, blanks included: count from behind it.
    fields = stat.rpartition(")")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    told = {name: rest.split() for name, _, rest in (line.partition(":") for line in status.splitlines())}
    return Usage(
        cpu_s=cpu_s,
        peak_rss_mb=int(told["VmHWM"][0]) * 1024 / 1e6,
        rss_mb=int(told["VmRSS"][0]) * 1024 / 1e6,
        threads=int(told["Threads"][0]),
        open_files=open_files,
    )
