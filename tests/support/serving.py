"""``kcb serve`` as in production, in processes of its own, and what it holds: memory, files, connections."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from kc_bridge.settings import Settings

__all__ = ["Holdings", "ServingBridge"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Holdings:
    """What all processes of the server hold together."""

    memory: float
    """Resident, in MiB."""
    files: int
    """Open file descriptors: files, sockets, connections."""
    processes: frozenset[int]

    def __str__(self) -> str:
        return f"{self.memory:.0f} MiB, {self.files} files, {len(self.processes)} processes"


class ServingBridge:
    """Started with the settings of a realm; ``public_url`` names the port."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings, self._log = settings, log
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        address = self._settings.public_url.removeprefix("http://").replace("localhost", "127.0.0.1")
        command = [str(Path(sys.executable).with_name("kcb")), "serve", "--bind", address]
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                command, env=os.environ | _environment(self._settings), stdout=log, stderr=log, cwd=ROOT
            )
        self._wait()

    def stop(self) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(30)

    def holdings(self) -> Holdings:
        assert self._server is not None
        processes = _family(self._server.pid)
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in processes)
        files = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in processes)
        return Holdings(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, files, frozenset(processes))

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._server is not None
            assert self._server.poll() is None, self._log.read_text("utf-8")
            try:
                if requests.get(f"{self._settings.public_url}/readyz", timeout=5).ok:
                    return
            except requests.RequestException:  # nobody listens yet, or is too busy starting to answer
                time.sleep(0.2)
        raise RuntimeError(f"kcb serve does not answer; see {self._log}")


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as an operator would give them by environment variables."""
    plain = json.loads(settings.model_dump_json())
    found: dict[str, str] = {"KCB_CONFIG": os.devnull, "KCB_LOG_FORMAT": "json"}
    for name in settings.model_fields_set:
        value: Any = getattr(settings, name)
        secret = isinstance(value, SecretStr)
        told = value.get_secret_value() if secret else plain[name]
        found[f"KCB_{name.upper()}"] = told if isinstance(told, str) else json.dumps(told)
    return found


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]
