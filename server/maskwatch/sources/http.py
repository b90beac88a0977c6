"""A camera with a web address: MJPEG (multipart), HLS (a playlist), or single pictures asked for again and again."""

import time
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.sources.addresses import split_address
from maskwatch.sources.hls import play_hls
from maskwatch.sources.http_client import HttpClient
from maskwatch.sources.jpeg_player import JpegPlayer
from maskwatch.sources.knock import port_is_open

if TYPE_CHECKING:
    import httpx

_PLAYLIST_TYPES = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"}
)
_LEAST_STALL_S = 15.0
"""HLS comes in pieces of several seconds; sooner than this nothing can be said to be missing."""

Kind = Literal["mjpeg", "hls", "snapshot"]


class HttpConfig(BaseModel):
    """Settings of a camera with a web address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    type: Literal["http"] = "http"
    url: SecretStr
    """`http://user:password@host/path`; characters such as @ / ? # in the password as %40 %2F %3F %23."""
    kind: Literal["auto", "mjpeg", "hls", "snapshot"] = "auto"
    """What it sends; `auto` sees it from the answer."""
    snapshot_fps: float = Field(default=2.0, ge=0.5, le=15)
    """Pictures a second to ask for, where the address gives one picture at a time."""
    open_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """Seconds the camera may take to take the connection."""
    read_timeout_s: float = Field(default=4.0, gt=0, le=60)
    """Seconds without a byte until the camera is called stalled (HLS: at least 15)."""
    verify_tls: bool = True
    """Whether the certificate of an `https:` camera must be one that this machine trusts, or `ca_file` vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the authority (or the certificate itself) of an `https:` camera, instead of this machine's."""

    @field_validator("url")
    @classmethod
    def _has_a_host(cls, url: SecretStr) -> SecretStr:
        split_address(url.get_secret_value(), example="http://192.168.1.20/video.mjpg")
        return url


class HttpSource:
    """Reads one such camera until told to stop."""

    def __init__(self, config: HttpConfig) -> None:
        import httpx  # noqa: F401, PLC0415 - heavy; if it is missing, this is where it must be said

        self._config = config

    def knock(self) -> bool:
        """See `Knocking`."""
        return port_is_open(self._config.url.get_secret_value())

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        config = self._config
        client = HttpClient(
            config.url.get_secret_value(),
            open_timeout_s=config.open_timeout_s,
            read_timeout_s=config.read_timeout_s,
            verify_tls=config.verify_tls,
            ca_file=config.ca_file,
        )
        try:
            if config.kind == "hls" or self._play_pictures(client, sink, stop) == "hls":
                stall_s = max(_LEAST_STALL_S, config.read_timeout_s)
                play_hls(client, sink, stop, open_timeout_s=config.open_timeout_s, stall_s=stall_s)
        finally:
            client.close()

    def _play_pictures(self, client: HttpClient, sink: SourceSink, stop: StopSignal) -> Kind:
        """Play pictures until told to stop; or find that it is a playlist, and leave it to others."""
        player = JpegPlayer(sink, where=client.where, transport="http")
        interval_s = 1 / self._config.snapshot_fps
        while not stop.is_set():
            begun_s = time.monotonic()
            with client.get() as response:
                kind = self._kind(client, response)
                if kind == "hls":
                    return kind
                for chunk in client.body(response):
                    if stop.is_set():
                        return kind
                    player.feed(chunk)
            if kind == "mjpeg":
                raise player.undecodable() if player.pictures == 0 else client.ended()
            if player.pictures == 0:
                raise player.undecodable()
            player.start_over()
            stop.wait(max(0.0, begun_s + interval_s - time.monotonic()))
        return "snapshot"

    def _kind(self, client: HttpClient, response: "httpx.Response") -> Kind:
        if self._config.kind != "auto":
            return self._config.kind
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media in _PLAYLIST_TYPES or response.url.path.lower().endswith((".m3u8", ".m3u")):
            return "hls"
        if media in ("image/jpeg", "image/jpg"):
            return "snapshot"
        if media.startswith("multipart/") or media in ("", "application/octet-stream", "video/x-motion-jpeg"):
            return "mjpeg"
        raise _no_stream(client, media)


def _no_stream(client: HttpClient, media: str) -> SourceError:
    if media == "text/html":
        sends = "answers with a web page, not with a stream"
    elif media.startswith(("video/", "audio/")):
        sends = f"sends {media[:60]}, which is not read over HTTP"
    else:
        sends = f"sends {media[:60]}, not pictures"
    return SourceError(
        SourceReason.NO_VIDEO,
        f"The camera at {client.where} {sends}.",
        remedy="Look the address of its MJPEG or HLS stream up in the camera's manual; or use rtsp:.",
    )


def _create(config: HttpConfig, **_: object) -> FrameSource:
    return HttpSource(config)


PLUGIN: Plugin[FrameSource] = Plugin(type="http", config=HttpConfig, create=_create, schemes=("http", "https"))
