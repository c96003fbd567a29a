"""The Keycloak servers of a test run, in folders no other run of this checkout uses at the same time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock, Timeout

from kc_bridge.demo.children import Children
from kc_bridge.devserver import KEYCLOAK_VERSION, KeycloakServer
from tests.support.ports import free_port

__all__ = ["FOLDER", "SHORT_LIVED", "RunningKeycloak", "own_home", "seed", "shared", "start"]

FOLDER = Path(__file__).parents[2] / ".test"
RUNNING = "running.json"
"""In a home: where its server answers; there only while it does."""

SHORT_LIVED = {"JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"}
"""For the environment of a server of a few minutes: its second compiler would cost more than it brings."""


@dataclass(frozen=True)
class RunningKeycloak:
    """A server that answers; every module makes realms of its own in it."""

    url: str
    admin_user: str
    admin_password: str
    log: Path
    """What the server prints."""

    @classmethod
    def of(cls, server: KeycloakServer) -> RunningKeycloak:
        return cls(server.public_url, server.admin_username, server.admin_password, server.log)

    @classmethod
    def from_json(cls, text: str) -> RunningKeycloak:
        values = json.loads(text)
        log = Path(values.get("log", os.devnull))
        return cls(values["url"], values["username"], values["password"], log)

    def to_json(self) -> str:
        """As ``KCB_TEST_KEYCLOAK`` has it."""
        named = {"url": self.url, "username": self.admin_user, "password": self.admin_password}
        return json.dumps(named | {"log": str(self.log)})


@contextmanager
def own_home() -> Iterator[Path]:
    """A folder for one server, which is stopped at the end; the folder stays, so that the next start is warm."""
    FOLDER.mkdir(exist_ok=True)
    home, lock = _free_home()
    try:
        (home / RUNNING).unlink(missing_ok=True)  # of a killed run
        yield home
    finally:
        (home / RUNNING).unlink(missing_ok=True)
        Children(home).stop_leftovers()
        lock.release()


def _free_home() -> tuple[Path, FileLock]:
    for number in range(1, 10):
        home = FOLDER / f"keycloak-{number}"
        lock = FileLock(f"{home}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return home, lock
    raise RuntimeError("nine Keycloaks at once in one checkout")


def shared(home: Path) -> RunningKeycloak:
    """The server all processes of a run use: whoever asks first starts it, the owner of ``home`` ends it."""
    home.mkdir(exist_ok=True)
    running = home / RUNNING
    with FileLock(home / "starting.lock"):
        if not running.exists():
            found = RunningKeycloak.of(start(home))
            _remove_realms_of_killed_runs(found)
            running.write_text(found.to_json())
    return RunningKeycloak.from_json(running.read_text())


def start(home: Path) -> KeycloakServer:
    """Starts a server with the JAR of this checkout, in this process's environment; returns when it answers."""
    server = KeycloakServer(home, free_port(), free_port())
    try:
        seed(home)
        server.prepare()
        server.start()
        server.wait_ready()
    except BaseException:
        server.stop()
        raise
    return server


def seed(home: Path) -> None:
    """Puts a copy of a server of this run into a new ``home``: it is built already, which takes Keycloak half a minute."""
    name = f"keycloak-{KEYCLOAK_VERSION}"
    if (home / name).exists():
        return
    for running in FOLDER.glob(f"keycloak-*/{RUNNING}"):
        shutil.copytree(
            running.with_name(name),
            home / f"{name}.seed",
            ignore=lambda folder, names: {"data"} & set(names) if Path(folder).name == name else set(),
            copy_function=_link_libraries,
        )
        (home / f"{name}.seed").rename(home / name)
        return


def _link_libraries(old: str, new: str) -> None:
    """Libraries are most of a server, and nobody writes them."""
    if "/lib/lib/" in old:
        os.link(old, new)
    else:
        shutil.copy2(old, new)


def _remove_realms_of_killed_runs(running: RunningKeycloak) -> None:
    grant = {"grant_type": "password", "client_id": "admin-cli"}
    grant |= {"username": running.admin_user, "password": running.admin_password}
    token_url = f"{running.url}/realms/master/protocol/openid-connect/token"
    token = requests.post(token_url, data=grant, timeout=60).json()["access_token"]
    headers, url = {"Authorization": f"Bearer {token}"}, f"{running.url}/admin/realms"
    for realm in requests.get(
        url, headers=headers, params={"briefRepresentation": "true"}, timeout=60
    ).json():
        if realm["realm"] != "master":
            requests.delete(f"{url}/{realm['realm']}", headers=headers, timeout=60).raise_for_status()
