"""What the settings of all kinds of targets have in common."""

import ssl
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from maskwatch.errors import ConfigError

Language = Literal["en", "id"]


class NotifierConfig(BaseModel):
    """Base of the settings of a target."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    timeout_s: float = Field(default=20.0, gt=0, le=300)
    """Seconds the target may take for one notice."""


def tls_context(ca_file: Path | None, *, verify: bool = True) -> ssl.SSLContext:
    """How a target's certificate is checked: by this machine's authorities, by `ca_file`, or not at all.

    Raises:
        ConfigError: the file holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"{ca_file} holds no certificate that can be read.", remedy="Give a PEM file.") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
