"""``kcb demo`` as a newcomer meets it: it starts, is of use, stops what it started and nothing else, starts again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from filelock import FileLock

from kc_bridge.demo.layout import Ports
from kc_bridge.demo.runner import KCB, busy
from tests.support.keycloak import SHORT_LIVED, seed

ROOT = Path(__file__).parents[2]


class RunningDemo:
    """One ``kcb demo`` in a folder, READY."""

    started: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.ports = ports
        self.folder = folder / ".demo"
        self.process = subprocess.Popen(
            [KCB, "demo", "--ports", str(ports.keycloak)],
            cwd=folder,
            env=os.environ | SHORT_LIVED,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(self.process)
        self.output: list[str] = []
        for line in self.process.stdout or ():
            self.output.append(line)
            if line.startswith("READY"):
                break
        else:
            pytest.fail("".join(self.output))
        self.urls = json.loads((self.folder / "urls.json").read_text())

    def children(self) -> dict[str, int]:
        return {
            child["name"]: child["pid"] for child in json.loads((self.folder / "children.json").read_text())
        }

    def end(self) -> tuple[int, str]:
        """Waits for its end; exit code and what it said after READY."""
        rest = "".join(self.process.stdout or ())
        return self.process.wait(), rest

    def users(self) -> int:
        keycloak = self.urls["keycloak"]
        grant = {"grant_type": "password", "client_id": "admin-cli", **self.urls["admin"]}
        token_url = f"{keycloak}realms/master/protocol/openid-connect/token"
        token = requests.post(token_url, data=grant, timeout=60).json()["access_token"]
        count: int = requests.get(
            f"{keycloak}admin/realms/{self.urls['realm']}/users/count",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        return count

    def mails(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(
            self.urls["mails_json"], params={"q": query}, timeout=60
        ).json()
        return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """Empty but for the unpacked server, which is the same for every run."""
    folder = ROOT / ".test" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        for path in (folder / ".demo").glob("*"):
            if not path.name.startswith("keycloak-"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            else:
                shutil.rmtree(path / "data", ignore_errors=True)
        (folder / ".demo").mkdir(exist_ok=True)
        seed(folder / ".demo")
        yield folder
        for process in RunningDemo.started:  # of a test that failed or was interrupted
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate()


@pytest.fixture
def ports() -> Ports:
    dice = random.Random(os.getpid())
    while busy(ports := Ports.starting_at(dice.randrange(20000, 30000))):
        pass
    return ports


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process the demo did not start."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) as process:
        yield process
        process.kill()


def gone(pids: dict[str, int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids.values())


def activations(demo: RunningDemo) -> list[str]:
    """Whoever was sent an activation mail, once for each."""
    mails = [mail for mail in demo.mails() if mail["subject"].startswith("Activez votre compte")]
    return sorted(address for mail in mails for address in mail["recipients"])


def test_a_newcomers_first_and_second_demo(
    folder: Path, ports: Ports, stranger: subprocess.Popen[bytes]
) -> None:
    first = RunningDemo(folder, ports)
    users, children = first.users(), first.children()
    assert users > 190
    (mail,) = first.mails("camille.oconnor")
    assert any(link.startswith(f"{first.urls['bridge']}l/") for link in mail["links"])
    sign_in = requests.get(f"{first.urls['ent']}connexion", timeout=60)
    assert sign_in.url.startswith(first.urls["issuer"])
    assert "1ère connexion" in sign_in.text

    told = activations(first)
    assert len(told) == len(set(told)) > 190, "READY before everybody has their mail"

    first.process.send_signal(signal.SIGINT)
    code, _ = first.end()
    assert code == 0
    assert gone(children)
    assert busy(ports) == {}
    assert stranger.poll() is None
    assert not (first.folder / "urls.json").exists()

    second = RunningDemo(folder, ports)
    assert second.users() == users
    assert activations(second) == told
    children = second.children()
    os.kill(children["ent"], signal.SIGKILL)
    code, said = second.end()
    assert code == 1
    assert "ent ended with code -9" in said
    assert gone(children)
    assert stranger.poll() is None
