"""Starts every part of the demo in order, waits, stops them all."""

from __future__ import annotations

import errno
import json
import re
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

import requests
from filelock import FileLock, Timeout

from kc_bridge.demo import people
from kc_bridge.demo.children import Child, Children
from kc_bridge.demo.ent import CLIENT_ID
from kc_bridge.demo.first_mails import mails_due, wait_while_they_leave
from kc_bridge.demo.layout import Layout, Ports
from kc_bridge.demo.progress import say, step
from kc_bridge.devserver import KeycloakServer
from kc_bridge.domain.errors import ConfigurationError
from required_actions.profile_check import checked

__all__ = ["Demo", "busy", "stopped_by_signal"]

KCB = str(Path(sys.executable).with_name("kcb"))
ANSWERS_WITHIN = 120.0
"""Seconds a part of ours gets to answer its first request."""


def busy(ports: Ports) -> dict[str, int]:
    """The ports somebody listens on already, by part."""
    return {part: port for part, port in ports.named().items() if _in_use(port)}


def _in_use(port: int) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return True
    return False


@contextmanager
def stopped_by_signal() -> Iterator[None]:
    """Inside, Ctrl-C, a polite kill and a closed terminal raise ``KeyboardInterrupt``; the first one only.

    Set explicitly: a shell starts background jobs with Ctrl-C ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        for one in signals:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, interrupt) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class Demo:
    """One run of the demo in ``folder``."""

    def __init__(self, ports: Ports, folder: Path, profile: str = "default") -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._layout = Layout(
            ports, folder, self._kept_secret("admin-password", 9), profile, checked(profile).mails_links
        )
        self._children = Children(folder)
        self._env = {"KCB_CONFIG": str(folder / "kcb.toml"), "PYTHONUNBUFFERED": "1"}

    def run(self) -> None:
        """Starts all, says READY, stays until interrupted or until a part dies; then stops what it started.

        Raises ``ConfigurationError`` when it cannot start or a part died.
        """
        lock = FileLock(self._folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ConfigurationError(
                "The demo is running here already.",
                f"See {self._folder / 'urls.json'}, or stop it with Ctrl-C.",
            ) from None
        try:
            for name in self._children.stop_leftovers():
                say(f"· stopped {name}, which an interrupted demo had left running")
            self._refuse_busy_ports()
            self._start()
            while True:
                self._fail_if_ended()
                time.sleep(0.5)
        except KeyboardInterrupt:
            say("")
        finally:
            with step("stopping what the demo started"):
                self._children.stop()
            (self._folder / "urls.json").unlink(missing_ok=True)
            lock.release()

    def _start(self) -> None:
        layout, ports = self._layout, self._layout.ports
        begun = time.monotonic()
        people.write_samples(self._folder, people.university_year(date.today()))
        settings = self._folder / "kcb.toml"
        settings.write_text(layout.settings_toml(self._kept_secret("secret-key", 32)), encoding="utf-8")
        settings.chmod(0o600)

        keycloak = self._start_keycloak()
        mails = self._python("mails", "kc_bridge.demo.mailbox", f"--port={ports.mails}",
                             f"--smtp-port={ports.smtp}", f"--folder={self._folder / 'mails'}")  # fmt: skip
        ent = self._python("ent", "kc_bridge.demo.ent", f"--port={ports.ent}", f"--issuer={layout.issuer}")
        self._run("database", "bridge database: schema", "db", "upgrade")
        self._wait(
            keycloak, "Keycloak starts", f"http://localhost:{ports.management}/health/ready", seconds=300
        )
        application = f"{CLIENT_ID}=ENT démo,{layout.ent}/connexion,{layout.ent}/retour,{layout.ent}/"
        self._run(
            "setup", "realm: settings, clients, required actions",
            "setup", "--application", application,
            env={"KCB_ADMIN_USERNAME": "admin", "KCB_ADMIN_PASSWORD": layout.admin_password},
        )  # fmt: skip
        bridge = self._kcb("bridge", "serve", f"--bind=127.0.0.1:{ports.bridge}")
        self._run("sync", "sync: people of the sample files into Keycloak", "sync", "run", show=2)
        # Before anything is sent: a mail that finds no relay is tried again, but later.
        self._wait(mails, "mail catcher", f"{layout.mails}/mails.json")
        self._kcb("scheduler", "scheduler")
        self._wait(bridge, "kc-bridge starts", f"{layout.bridge}/readyz")
        self._wait(ent, "ENT démo", f"{layout.ent}/healthz")
        if layout.by_mail:
            self._see_the_mails_arrive()

        urls = json.dumps(layout.urls(), indent=2, ensure_ascii=False)
        (self._folder / "urls.json").write_text(urls + "\n", encoding="utf-8")
        say(layout.table())
        say(f"READY in {time.monotonic() - begun:.0f} s. Ctrl-C stops everything.")

    def _start_keycloak(self) -> Child:
        ports = self._layout.ports
        server = KeycloakServer(
            self._folder, ports.keycloak, ports.management, admin_password=self._layout.admin_password
        )
        heard: list[str] = [""]
        with step("Keycloak server, and our JAR", lambda: heard[-1]):
            server.prepare(heard.append)
        return self._children.start("keycloak", server.command, server.environment)

    def _kcb(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> Child:
        return self._children.start(name, [KCB, *arguments], self._env | (env or {}))

    def _python(self, name: str, module: str, *arguments: str) -> Child:
        return self._children.start(name, [sys.executable, "-m", module, *arguments], self._env)

    def _run(
        self, name: str, title: str, *arguments: str, env: dict[str, str] | None = None, show: int = 1
    ) -> None:
        """Runs one ``kcb`` command to its end, then shows its last lines; exit code 3 (done in part) is fine."""
        child = self._kcb(name, *arguments, env=env)
        with step(title, lambda: _last_words(child)):
            while child.exit_code() is None:
                self._fail_if_ended(but=child)
                time.sleep(0.1)
        if child.exit_code() not in (0, 3):
            raise _died(child)
        self._children.forget(child)
        for line in child.last_lines(show):
            say(f"    {line}")

    def _wait(
        self,
        child: Child,
        title: str,
        url: str,
        seconds: float = ANSWERS_WITHIN,
    ) -> None:
        """Waits until ``url`` answers without an error."""
        deadline = time.monotonic() + seconds
        with step(title, lambda: _last_words(child)):
            while True:
                self._fail_if_ended()
                try:
                    if requests.get(url, timeout=5).ok:
                        return
                except requests.RequestException:
                    pass
                if time.monotonic() > deadline:
                    raise _died(child, f"does not answer at {url}")
                time.sleep(0.3)

    def _see_the_mails_arrive(self) -> None:
        """The first thing to try is a mail, whoever's: all of them should be there. A second start has none to wait for."""
        told: list[str] = [""]

        def pause() -> None:
            self._fail_if_ended()
            time.sleep(0.2)

        with step("first mails", lambda: told[-1]):
            left = wait_while_they_leave(mails_due(self._folder / "kcb.db"), pause, told.append)
        if left:
            say(f"    {left} have not left; see why: KCB_CONFIG={self._folder / 'kcb.toml'} {KCB} outbox")

    def _fail_if_ended(self, but: Child | None = None) -> None:
        ended = self._children.first_ended()
        if ended is not None and ended is not but:
            raise _died(ended)

    def _refuse_busy_ports(self) -> None:
        taken = busy(self._layout.ports)
        if taken:
            named = ", ".join(f"{port} ({part})" for part, port in taken.items())
            part = next(iter(taken))
            raise ConfigurationError(
                f"In use by another program: port {named}.",
                f"Choose another with KCB_DEMO_{part.upper()}_PORT=…, or move them all: make demo PORTS=18000",
            )

    def _kept_secret(self, name: str, size: int) -> str:
        """A random value made once and kept in the demo's folder."""
        path = self._folder / name
        if not path.exists():
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe(size))
        return path.read_text()


def _last_words(child: Child) -> str:
    """The last line of its log without the time and place Keycloak puts before it."""
    return re.sub(r"^\d{4}-\S+ \S+ +\w+ +\[\S+\] \(.*?\) ", "", " ".join(child.last_lines(1)))


def _died(child: Child, how: str = "") -> ConfigurationError:
    how = how or f"ended with code {child.exit_code()}"
    tail = "\n".join(f"    {line}" for line in child.last_lines())
    return ConfigurationError(
        f"{child.name} {how}. The end of its log:\n{tail}", f"The whole log: {child.log}"
    )
