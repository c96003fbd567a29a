"""Child processes of the demo: started in groups of their own, so that stopping ends them all and nobody else.

A file remembers them with their start time (a process id alone may have been given to somebody else since), so that a
demo that was killed leaves nothing behind for longer than until the next start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

__all__ = ["Child", "Children"]

GRACE = 20.0
"""Seconds a child gets to end by itself."""


@dataclass(frozen=True)
class Child:
    """One started process, leader of its own group."""

    name: str
    pid: int
    log: Path

    def exit_code(self) -> int | None:
        """Its exit code (minus the signal's number if killed), None while it runs.

        The process is not reaped: until ``Children.stop`` its id, which is its group's, cannot be given away.
        """
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def last_lines(self, count: int = 15) -> list[str]:
        """End of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]


class Children:
    """The processes of one demo folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = folder / "children.json"
        self._running: list[Child] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> Child:
        """Starts ``command``, its output in ``<folder>/logs/<name>.log``, ``env`` added to ours."""
        log = self._folder / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process.returncode = 0  # ours to reap: keeps Popen from doing it and from warning
        child = Child(name, process.pid, log)
        self._running.append(child)
        self._write_record()
        return child

    def first_ended(self) -> Child | None:
        """A child that is no longer running, if any."""
        return next((child for child in self._running if child.exit_code() is not None), None)

    def forget(self, child: Child) -> None:
        """Reaps a child that has ended as it should."""
        os.waitpid(child.pid, 0)
        self._running.remove(child)
        self._write_record()

    def stop(self) -> None:
        """Ends all with their own children; returns when they are gone."""
        for child in reversed(self._running):
            _signal_group(child.pid, signal.SIGTERM)
        for child in self._running:
            _wait(partial(_ended, child))
            _signal_group(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        self._running.clear()
        self._record.unlink(missing_ok=True)

    def stop_leftovers(self) -> list[str]:
        """Ends what an earlier, killed demo of this folder left running; returns the names."""
        if not self._record.exists():
            return []
        left = [
            (entry["name"], entry["pid"])
            for entry in json.loads(self._record.read_text())
            if entry["started"] == _start_time(entry["pid"])
        ]
        for _, pid in left:
            _signal_group(pid, signal.SIGTERM)
            _wait(partial(_gone, pid))
            if not _gone(pid):
                _signal_group(pid, signal.SIGKILL)
        self._record.unlink()
        return [name for name, _ in left]

    def _write_record(self) -> None:
        entries = [{"name": c.name, "pid": c.pid, "started": _start_time(c.pid)} for c in self._running]
        self._record.write_text(json.dumps(entries))


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _ended(child: Child) -> bool:
    return child.exit_code() is not None


def _gone(pid: int) -> bool:
    return _start_time(pid) is None


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GRACE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def _start_time(pid: int) -> str | None:
    """Start time of a living process in clock ticks since boot (field 22 of ``/proc/<pid>/stat``)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] == "Z" else after_name[19]
