"""Commands that need an optional extra say so in one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from maskwatch.errors import PluginError


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn a failed import into an error that says what to install.

    Raises:
        PluginError: a package of `extra` is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets with a page of notes otherwise
    try:
        yield
    except ImportError as error:
        raise PluginError(
            f"This command needs the package {error.name!r}, which is not installed.",
            remedy=f"Install it: pip install 'maskwatch[{extra}]'",
        ) from error
