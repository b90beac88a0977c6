"""A real RTSP server for benchmarks and tests: GStreamer's, run by the system's python3 (`python3-gi`).

Reads one JSON line on standard input, `{"port": 0, "mounts": [{"path": "/cam", "clips": ["a.mp4"], "codec": "h264",
"audio": "aac" | "opus" | null, "user": null, "password": null, "encoding_name": null, "phase_s": 0.0}]}`, prints
`{"port": N}` when it listens, and then obeys further lines: `{"hold": "/cam"}` stops the pictures of a path (sound and
RTCP go on), `{"resume": "/cam"}` lets them go on. Whenever a path begins to be played it prints
`{"playing": "/cam", "since": T}`, T in seconds since 1970. Clips are looped without a seam, one after another, with
timestamps that never go back. It ends when standard input does, so that it can't outlive the test that started it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

PARSERS = {
    "h264": ("h264parse config-interval=-1", "video/x-h264,stream-format=byte-stream,alignment=au"),
    "h265": ("h265parse config-interval=-1", "video/x-h265,stream-format=byte-stream,alignment=au"),
    "mjpeg": ("jpegparse", "image/jpeg"),
}
PAYLOADERS = {
    "h264": "h264parse config-interval=-1 ! rtph264pay config-interval=0 pt=96",
    "h265": "h265parse config-interval=-1 ! rtph265pay config-interval=0 pt=96",
    "mjpeg": "rtpjpegpay pt=26",
}
AUDIO = {
    "aac": "audiotestsrc is-live=true wave=ticks ! avenc_aac ! aacparse ! rtpmp4gpay name=pay{index} pt=97",
    "opus": "audiotestsrc is-live=true wave=ticks ! audioconvert ! opusenc ! rtpopuspay name=pay{index} pt=97",
}
Picture = tuple[bytes, int, int, bool, Gst.Caps]


def read_clip(path: str, codec: str) -> tuple[list[Picture], int]:
    """Every access unit of a clip: bytes, pts, dts, is-delta and caps; and the clip's length in nanoseconds."""
    parser, caps = PARSERS[codec]
    pipeline = Gst.parse_launch(
        f'filesrc location="{path}" ! parsebin ! {parser} ! {caps} ! appsink name=out sync=false'
    )
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    pictures: list[Picture] = []
    while (sample := out.emit("try-pull-sample", 10 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        delta = bool(buffer.get_flags() & Gst.BufferFlags.DELTA_UNIT)
        data = buffer.extract_dup(0, buffer.get_size())
        dts = buffer.dts if buffer.dts != Gst.CLOCK_TIME_NONE else buffer.pts
        pictures.append((data, buffer.pts, dts, delta, sample.get_caps()))
    pipeline.set_state(Gst.State.NULL)
    if len(pictures) < 2:
        raise SystemExit(f"{path} holds no {codec} pictures")
    times = sorted(picture[1] for picture in pictures)
    return pictures, times[-1] - times[0] + (times[-1] - times[0]) // (len(times) - 1)


class Feeder(threading.Thread):
    """Pushes clips into one appsrc in real time, for as long as somebody watches."""

    def __init__(self, mount: Mount, source: Any) -> None:
        super().__init__(daemon=True)
        self._path, self._source, self._clips, self._held = mount.path, source, mount.clips, mount.held
        self._phase_s = mount.phase_s

    def run(self) -> None:
        time.sleep(self._phase_s)
        started, offset = time.monotonic(), 0
        sys.stdout.write(json.dumps({"playing": self._path, "since": time.time()}) + "\n")
        sys.stdout.flush()
        while True:
            for pictures, length in self._clips:
                first_dts = pictures[0][2]
                for data, pts, dts, delta, caps in pictures:
                    due = started + (offset + dts - first_dts) / Gst.SECOND
                    time.sleep(max(0.0, due - time.monotonic()))
                    if self._held.is_set():
                        continue
                    buffer = Gst.Buffer.new_wrapped(data)
                    buffer.pts, buffer.dts = offset + pts - first_dts, offset + dts - first_dts
                    if delta:
                        buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
                    if self._source.emit("push-sample", Gst.Sample.new(buffer, caps)) != Gst.FlowReturn.OK:
                        return
                offset += length


class Mount(GstRtspServer.RTSPMediaFactory):
    """One path of the server."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.held = threading.Event()
        self.path = str(config["path"])
        self.phase_s = float(config.get("phase_s", 0.0))
        codec = str(config.get("codec"))
        self.clips = [read_clip(clip, codec) for clip in config.get("clips", [])]
        branches = []
        if self.clips:
            payloader = PAYLOADERS[codec]
            if config.get("encoding_name"):
                caps = f"application/x-rtp,encoding-name={config['encoding_name']}"
                payloader += f' ! capssetter caps="{caps}" name=pay0'
            else:
                payloader += " name=pay0"
            branches.append(f"( appsrc name=pictures is-live=true format=time block=false max-bytes=0 ! {payloader} )")
        if config.get("audio"):
            branches.append(AUDIO[config["audio"]].format(index=len(branches)))
        self.set_launch("( " + " ".join(branch.strip("() ") for branch in branches) + " )")
        self.set_shared(True)
        self.set_latency(0)
        self.connect("media-configure", self._feed)

    def _feed(self, _factory: object, media: Any) -> None:
        source = media.get_element().get_by_name_recurse_up("pictures") if self.clips else None
        if source is not None:
            Feeder(self, source).start()


def protect(server: Any, mounts: list[tuple[Mount, dict[str, Any]]]) -> None:
    """Ask for a digest password on the paths that have one; the others stay open to everybody."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    nobody = GstRtspServer.RTSPToken()
    nobody.set_string("media.factory.role", "anybody")
    auth.set_default_token(nobody)
    users: dict[str, int] = {}
    for mount, config in mounts:
        # One role a user: whoever adds a user twice keeps only the last of the tokens.
        user = config.get("user")
        role = f"user{users.setdefault(user, len(users))}" if user else "anybody"
        if config.get("user"):
            token = GstRtspServer.RTSPToken()
            token.set_string("media.factory.role", role)
            auth.add_digest(config["user"], config["password"], token)
        permissions = GstRtspServer.RTSPPermissions()
        # Who may access but not construct is answered 401; who may do neither, 404.
        permissions.add_permission_for_role("anybody", "media.factory.access", True)
        permissions.add_permission_for_role(role, "media.factory.access", True)
        permissions.add_permission_for_role(role, "media.factory.construct", True)
        mount.set_permissions(permissions)
    server.set_auth(auth)


def obey(mounts: dict[str, Mount], loop: Any) -> None:
    """Follow the commands on standard input until it ends."""
    for line in sys.stdin:
        command = json.loads(line)
        if "hold" in command:
            mounts[command["hold"]].held.set()
        if "resume" in command:
            mounts[command["resume"]].held.clear()
    loop.quit()


def main() -> None:
    """Serve until standard input ends."""
    Gst.init(None)
    config = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(config.get("port", 0)))
    mounts = [(Mount(mount), mount) for mount in config["mounts"]]
    if any(mount.get("user") for _, mount in mounts):
        protect(server, mounts)
    for factory, mount in mounts:
        server.get_mount_points().add_factory(mount["path"], factory)
    if server.attach(None) == 0:
        raise SystemExit("the port is taken")
    loop = GLib.MainLoop()
    sys.stdout.write(json.dumps({"port": server.get_bound_port()}) + "\n")
    sys.stdout.flush()
    threading.Thread(
        target=obey, args=({mount["path"]: factory for factory, mount in mounts}, loop), daemon=True
    ).start()
    loop.run()


if __name__ == "__main__":
    main()
