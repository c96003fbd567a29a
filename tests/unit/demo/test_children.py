import os
import signal
import sys
import time
from pathlib import Path

import pytest

from kc_bridge.demo import children
from kc_bridge.demo.children import Children

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(p.pid, flush=True); p.wait()",
]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Whether it ends: after the signal the system may take a moment."""
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def first_line(log: Path) -> str:
    for _ in range(200):
        if text := log.read_text():
            return text.strip()
        time.sleep(0.05)
    raise AssertionError("it printed nothing")


def test_stopping_ends_children_and_their_children_and_nothing_else(tmp_path: Path) -> None:
    demo, other = Children(tmp_path / "a"), Children(tmp_path / "b")
    parent, stranger = demo.start("parent", PARENT), other.start("stranger", SLEEP)
    grandchild = int(first_line(parent.log))
    assert demo.first_ended() is None
    demo.stop()
    assert not alive(parent.pid)
    assert gone(grandchild)
    assert alive(stranger.pid)
    other.stop()


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE", 0.2)
    demo = Children(tmp_path)
    stubborn = demo.start("stubborn", STUBBORN)
    first_line(stubborn.log)
    demo.stop()
    assert not alive(stubborn.pid)


def test_a_child_that_dies_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    demo = Children(tmp_path)
    demo.start("fine", SLEEP)
    demo.start("broken", [sys.executable, "-c", "print('reason'); raise SystemExit(3)"])
    for _ in range(200):
        if ended := demo.first_ended():
            break
        time.sleep(0.05)
    assert ended is not None
    assert (ended.name, ended.exit_code(), ended.last_lines()) == ("broken", 3, ["reason"])
    demo.stop()


def test_what_a_killed_demo_left_is_stopped_by_the_next(tmp_path: Path) -> None:
    left = Children(tmp_path).start("left", SLEEP)  # never stopped: as if the runner had been killed
    assert Children(tmp_path).stop_leftovers() == ["left"]
    os.waitpid(left.pid, 0)
    assert Children(tmp_path).stop_leftovers() == []


def test_a_process_that_took_over_an_old_id_is_left_alone(tmp_path: Path) -> None:
    demo = Children(tmp_path)
    stranger = demo.start("stranger", SLEEP)
    record = tmp_path / "children.json"
    record.write_text(record.read_text().replace('"started": "', '"started": "9'))
    assert Children(tmp_path).stop_leftovers() == []
    assert alive(stranger.pid)
    os.killpg(stranger.pid, signal.SIGKILL)
    os.waitpid(stranger.pid, 0)
