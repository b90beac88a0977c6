"""Where the built web client and the models lie: inside the installed wheel, or in the checkout beside `server/`."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def models_dir() -> Path:
    """The folder of the models that ship with maskwatch."""
    packed = _PACKAGE / "_models"
    return packed if packed.is_dir() else _CHECKOUT / "models"


def client_dir() -> Path:
    """The folder of the built web client (index.html and its assets); it may not exist in a checkout not yet built."""
    packed = _PACKAGE / "_client"
    return packed if packed.is_dir() else _CHECKOUT / "client_web" / "dist"
