"""HTTP as cameras speak it: with a password by Basic or Digest, over TLS, and every failure in words without it."""

import socket
import ssl
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from maskwatch.errors import SourceError, SourceReason
from maskwatch.secrets import redact_url

if TYPE_CHECKING:
    import httpx

_HOW_TO_GIVE_IT = "Give both in the address: http://user:password@host/path, with @ / ? # as %40 %2F %3F %23."
_CERTIFICATE = "The certificate of the camera at {where} is not one that this machine trusts."
_TRUST_IT = "Name its certificate in the option ca_file, or set verify_tls to false if the network is yours."


class HttpClient:
    """One camera's web server. For one thread. `url` may hold user and password; nothing that is raised does."""

    def __init__(
        self,
        url: str,
        *,
        open_timeout_s: float,
        read_timeout_s: float,
        verify_tls: bool = True,
        ca_file: Path | None = None,
    ) -> None:
        import httpx  # noqa: PLC0415 - heavy, and needed by such cameras only

        parts = urlsplit(url)
        self.address = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        """Without user and password; a token in its query is left in."""
        self.where = parts.netloc.rpartition("@")[2]
        self.shown = redact_url(url)
        self._auth = _auth(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._home = (parts.scheme.lower(), self.where)
        self._read_timeout_s = read_timeout_s
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_timeout_s, connect=open_timeout_s),
            verify=self._context(verify_tls, ca_file),
            follow_redirects=True,
            max_redirects=5,
            trust_env=False,  # a camera is not behind this machine's proxy
            headers={"User-Agent": "maskwatch", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    @contextmanager
    def get(self, url: str | None = None, headers: Mapping[str, str] | None = None) -> Iterator["httpx.Response"]:
        """Ask for `url`, by default the camera's own address; the body is not read yet.

        Raises:
            SourceError: there is no answer, or it is not a success.
        """
        response = self._send(url or self.address, headers or {})
        try:
            if response.status_code >= 400:
                raise self._refusal(response.status_code)
            yield response
        finally:
            response.close()

    def body(self, response: "httpx.Response") -> Iterator[bytes]:
        """The body as it comes; at its end it just ends.

        Raises:
            SourceError: nothing came for `read_timeout_s`, or the connection broke.
        """
        import httpx  # noqa: PLC0415

        chunks = response.iter_raw()  # without a size: whatever came, at once
        any_bytes = False
        while True:
            try:
                chunk = next(chunks, None)
            except httpx.HTTPError as error:
                failure = self._reading(error, any_bytes=any_bytes)
            else:
                if chunk is None:
                    return
                any_bytes = True
                yield chunk
                continue
            raise failure

    def _send(self, url: str, headers: Mapping[str, str]) -> "httpx.Response":
        import httpx  # noqa: PLC0415

        request = self._client.build_request("GET", url, headers=dict(headers))
        parts = urlsplit(url)
        # The password is for the camera alone, not for whatever a playlist names.
        auth = self._auth if (parts.scheme.lower(), parts.netloc) == self._home else None
        try:
            return self._client.send(request, stream=True, auth=auth)
        except httpx.HTTPError as error:
            failure = self._opening(error)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            failure = SourceError(
                SourceReason.CORRUPT, f"{self._capital} names an address that makes no sense.",
                remedy="Check the address.",
            )  # fmt: skip
        except (KeyError, NotImplementedError):  # what httpx's Digest makes of an algorithm, or a quality, it lacks
            failure = self._say(
                SourceReason.UNAUTHORIZED,
                f"{self._capital} asks for the password in a way that is not known here.",
                "In the camera's settings choose Basic, or Digest with MD5 or SHA-256, for its web page.",
            )
        raise failure

    def _context(self, verify_tls: bool, ca_file: Path | None) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError:
            context = None
        if context is None:
            raise self._bad_certificate()
        if not verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    # ---- in words ----

    @property
    def _capital(self) -> str:
        return f"The camera at {self.where}"

    def _opening(self, error: Exception) -> SourceError:
        import httpx  # noqa: PLC0415

        broken = isinstance(error, httpx.ReadError | httpx.WriteError) or "disconnected" in str(error)
        reason, message, remedy = self._connecting(error) or (
            (
                SourceReason.TIMEOUT,
                "The camera at {where} takes the connection but then says nothing.",
                "Check that this is the port of its web page; restart the camera if it hangs.",
            )
            if isinstance(error, httpx.TimeoutException)
            else (
                SourceReason.REFUSED,
                "The camera at {where} closes the connection instead of answering.",
                "It may have as many viewers as it allows, or want https:.",
            )
            if broken
            else (
                SourceReason.CORRUPT,
                "What answers at {where} does not speak HTTP as a camera does.",
                "Check the port; for RTSP use rtsp:.",
            )
        )
        return self._say(reason, message.format(where=self.where), remedy)

    def _connecting(self, error: Exception) -> tuple[SourceReason, str, str] | None:
        """Why there is no connection; None if there is one."""
        import httpx  # noqa: PLC0415

        kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], tuple[SourceReason, str, str]], ...]
        kinds = (
            (ssl.SSLCertVerificationError, (SourceReason.TLS, _CERTIFICATE, _TRUST_IT)),
            (ssl.SSLError, (SourceReason.TLS, "The camera at {where} does not answer encrypted.", "Use http:.")),
            (
                socket.gaierror,
                (
                    SourceReason.UNREACHABLE,
                    "The name in {where} is not known in this network.",
                    "Check its spelling, or use the camera's IP address.",
                ),
            ),
            (
                ConnectionRefusedError,
                (
                    SourceReason.REFUSED,
                    "The camera at {where} refuses the connection.",
                    "Check the port of its web page, and that it is switched on.",
                ),
            ),
            (
                (httpx.ConnectTimeout, httpx.ConnectError),
                (
                    SourceReason.UNREACHABLE,
                    "Nothing answers at {where}.",
                    "Check the address, and the camera's power and network.",
                ),
            ),
        )
        causes = list(_causes(error))
        return next((words for kind, words in kinds if any(isinstance(cause, kind) for cause in causes)), None)

    def _reading(self, error: Exception, *, any_bytes: bool) -> SourceError:
        import httpx  # noqa: PLC0415

        if isinstance(error, httpx.TimeoutException):
            reason = SourceReason.STALLED if any_bytes else SourceReason.TIMEOUT
            return self._say(
                reason,
                f"{self._capital} {'has stopped sending' if any_bytes else 'sends nothing'}.",
                "Check its network and power; it may hang and need a restart.",
            )
        return self.ended()

    def ended(self) -> SourceError:
        """The stream is over."""
        return self._say(
            SourceReason.ENDED,
            f"{self._capital} ended the stream.",
            "It may be restarting; it is opened again by itself.",
        )

    def _refusal(self, status: int) -> SourceError:
        if status in (401, 403):
            does = "does not accept this user and password" if self._auth else "asks for a user and a password"
            return self._say(SourceReason.UNAUTHORIZED, f"{self._capital} {does}.", _HOW_TO_GIVE_IT)
        if status in (404, 410):
            return self._say(
                SourceReason.NOT_FOUND,
                f"{self._capital} has nothing at this path.",
                "Look the path of its MJPEG or HLS stream up in the camera's manual.",
            )
        return self._say(
            SourceReason.REFUSED,
            f"{self._capital} answers with an error of its own ({status}).",
            "It may have as many viewers as it allows; restart it if this goes on.",
        )

    def _bad_certificate(self) -> SourceError:
        return self._say(SourceReason.TLS, _CERTIFICATE.format(where=self.where), _TRUST_IT)

    @staticmethod
    def _say(reason: SourceReason, message: str, remedy: str) -> SourceError:
        return SourceError(reason, message, remedy=remedy)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _auth(user: str, password: str) -> "httpx.Auth":
    import httpx  # noqa: PLC0415

    class BasicOrDigest(httpx.Auth):
        """Whichever of the two the camera asks for, and from then on at once."""

        def __init__(self) -> None:
            self._chosen: httpx.Auth | None = None

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            if self._chosen is None:
                response = yield request
                if response.status_code != 401:
                    return
                challenge = response.headers.get("www-authenticate", "").lower()
                digest = "digest" in challenge
                self._chosen = httpx.DigestAuth(user, password) if digest else httpx.BasicAuth(user, password)
            yield from self._chosen.auth_flow(request)

    return BasicOrDigest()
