"""The cookie that says who is logged in."""

from aiohttp import web

from maskwatch.config import MaskwatchSettings, TlsMode
from maskwatch.store.accounts import SESSION_LIFETIME

SESSION_COOKIE = "maskwatch_session"


class SessionCookie:
    """Gives a browser the cookie of its session, and takes it back."""

    def __init__(self, settings: MaskwatchSettings) -> None:
        self._encrypted = settings.tls.mode is not TlsMode.OFF or (settings.server.public_url or "").startswith(
            "https:"
        )

    def give(self, request: web.Request, response: web.Response, token: str) -> None:
        """Let `response` set it: for this site alone, out of reach of scripts, and encrypted where the page is."""
        response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=request.secure or self._encrypted,
        )

    def take(self, response: web.Response) -> None:
        """Let `response` delete it."""
        response.del_cookie(SESSION_COOKIE, path="/")
