"""maskwatch: watches camera streams for people without a face mask."""

__version__ = "0.1.0"
