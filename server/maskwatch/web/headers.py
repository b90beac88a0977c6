"""Headers that every answer carries: what a page may load, who may frame it, what it may use."""

from aiohttp import hdrs, web

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "maskwatch",  # without the versions that aiohttp would tell
}
_NO_DEVICES = "camera=(), microphone=(), geolocation=(), usb=(), payment=()"
_OWN_CAMERA = "camera=(self), microphone=(), geolocation=(), usb=(), payment=()"


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add them; only the publishing page may use the device's camera. For `Application.on_response_prepare`."""
    response.headers.update(_ALWAYS)
    response.headers["Permissions-Policy"] = _OWN_CAMERA if request.path.startswith("/publish/") else _NO_DEVICES
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
