"""What can go wrong while measuring."""

from maskwatch.errors import MaskwatchError


class BenchError(MaskwatchError):
    """Raised when a measurement could not be made; says why."""

    code = "bench_failed"
