"""One development Keycloak in a folder of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import requests

from kc_bridge.demo.children import Child, Children
from kc_bridge.devserver.distribution import KEYCLOAK_VERSION, fetch_distribution
from kc_bridge.devserver.environment import keycloak_environment
from kc_bridge.devserver.jar import build_jar
from kc_bridge.devserver.maven import Progress
from kc_bridge.domain.errors import ConfigurationError

__all__ = ["KeycloakServer", "PortBusy", "ServerDied", "free_port"]


class PortBusy(ConfigurationError):
    """Somebody else listens on a port the server needs."""


class ServerDied(ConfigurationError):
    """The server ended, or did not become ready in time."""


class KeycloakServer:
    """A stock server with our JAR, in ``home``; what it starts runs in a process group of its own.

    Started by plain ``start``, not ``start-dev``: same mode as in production, so themes are cached and strict checks are
    on, and it rebuilds itself when the JAR or a build option changed. Measured warm on two cores, ready after: start 13 to
    20 s, start-dev 13 to 15 s, start --optimized 12 to 18 s; the rebuild itself takes 25 s and more in any mode.
    """

    def __init__(
        self,
        home: Path,
        http_port: int,
        management_port: int,
        public_url: str | None = None,
        database: Mapping[str, str] | None = None,
        admin_password: str = "admin",  # noqa: S107 - a development server
    ) -> None:
        """``database``: Keycloak's ``KC_DB…`` variables; without them H2 in ``home``."""
        self.home = home.absolute()
        self.http_port, self.management_port = http_port, management_port
        self.internal_url = f"http://localhost:{http_port}"
        self.public_url = public_url or self.internal_url
        self.admin_username, self.admin_password = "admin", admin_password
        self._database = dict(database or {})
        self._children = Children(self.home)
        self._child: Child | None = None

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.home / "logs" / "keycloak.log"

    @property
    def command(self) -> list[str]:
        """Starts the server in the foreground, with :attr:`environment` added to the caller's."""
        return [str(self._server / "bin" / "kc.sh"), "start"]

    @property
    def environment(self) -> dict[str, str]:
        """``keycloak.env`` with this server's addresses."""
        own = {
            "KEYCLOAK_PUBLIC_URL": self.public_url,
            "KEYCLOAK_HTTP_HOST": "127.0.0.1",
            "KEYCLOAK_HTTP_PORT": str(self.http_port),
            "KEYCLOAK_MANAGEMENT_PORT": str(self.management_port),
            "KEYCLOAK_ADMIN": self.admin_username,
            "KEYCLOAK_ADMIN_PASSWORD": self.admin_password,
        }
        return keycloak_environment(os.environ | own) | self._database

    def prepare(self, on_progress: Progress | None = None) -> None:
        """Puts server and JAR of this checkout in place; quick when they are there. Data stays. ``ConfigurationError``."""
        _require_java()
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._server.exists():
            _copy_distribution(fetch_distribution(on_progress=on_progress), self._server)
        jar = build_jar(on_progress)
        placed = self._server / "providers" / jar.name
        if not placed.exists() or _digest(placed) != _digest(jar):
            # Never written in place: a running server has the old file mapped into its memory.
            coming = placed.with_suffix(".coming")
            shutil.copy2(jar, coming)
            coming.replace(placed)
            # Keycloak keeps packed copies of theme files until Keycloak itself changes version.
            shutil.rmtree(self._server / "data" / "tmp" / "kc-gzip-cache", ignore_errors=True)

    def start(self, on_progress: Progress | None = None) -> None:
        """Starts it and returns at once; ends first what an earlier run of this folder left. ``PortBusy``."""
        self._children.stop_leftovers()
        for port in (self.http_port, self.management_port):
            if _is_listening(port):
                raise PortBusy(
                    f"Port {port} is in use already.", "Stop that program, or choose another port."
                )
        if on_progress:
            on_progress(f"Keycloak {KEYCLOAK_VERSION} starts on port {self.http_port}")
        self._child = self._children.start("keycloak", self.command, self.environment)

    def wait_ready(self, timeout: float = 300.0) -> None:
        """Returns when it answers logins. ``ServerDied`` with the end of its log after ``timeout`` seconds or an exit."""
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            ended = self._child is not None and self._child.exit_code() is not None
            if ended or time.monotonic() > deadline:
                lines = "\n".join(self._child.last_lines()) if self._child else ""
                what = "ended" if ended else "is not ready in time"
                raise ServerDied(f"Keycloak {what}:\n{lines}", f"See {self.log}.")
            time.sleep(0.5)

    def is_ready(self) -> bool:
        """Whether it answers logins now."""
        try:
            url = f"http://localhost:{self.management_port}/health/ready"
            return requests.get(url, timeout=5).status_code == requests.codes.ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """Ends what this object started; returns when it is gone."""
        self._children.stop()
        self._child = None

    def restart(self) -> None:
        """Stops, starts, waits: sessions in the database survive, pending logins and tickets do not."""
        self.stop()
        self.start()
        self.wait_ready()

    @property
    def _server(self) -> Path:
        return self.home / f"keycloak-{KEYCLOAK_VERSION}"


def free_port() -> int:
    """A TCP port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise ConfigurationError("Java is not installed.", "sudo apt install default-jdk-headless")


def _copy_distribution(source: Path, target: Path) -> None:
    """Shares the libraries, which are most of it, and copies what the server's own build rewrites."""
    coming = target.with_name(target.name + ".coming")
    shutil.rmtree(coming, ignore_errors=True)
    shared = source / "lib" / "lib"

    def link_or_copy(old: str, new: str) -> None:
        if Path(old).is_relative_to(shared):
            try:
                os.link(old, new)
                return
            except OSError:  # another file system
                pass
        shutil.copy2(old, new)

    shutil.copytree(source, coming, copy_function=link_or_copy)
    coming.rename(target)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
