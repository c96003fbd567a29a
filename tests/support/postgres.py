"""A PostgreSQL server of the tests' own: own folder, own port, never the system's service."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.ports import free_port

__all__ = ["PostgresServer"]

SYSTEM_USER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this account."""


class PostgresServer:
    """Started once for the suite; each test takes a database of its own."""

    def __init__(self) -> None:
        # Not in the checkout: under root's home the server's own account could not reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="kcb-postgres-"))
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.port = free_port()

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, SYSTEM_USER, SYSTEM_USER)
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "kcb", "--auth=trust", "--no-sync", "-E", "UTF8")
        self.resume()

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)

    def halt(self) -> None:
        """Ends it as a crash would; what was committed stays."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def resume(self) -> None:
        """Starts what :meth:`halt` ended."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off"
        data, log = self._folder / "data", self._folder / "log"
        self._run("pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(log), "start")

    def database(self, name: str) -> str:
        """Makes an empty database; its SQLAlchemy address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kcb", name)
        return f"postgresql+psycopg://kcb@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", SYSTEM_USER, "--", *command]
        # pg_ctl's server keeps its output open: a pipe would never end.
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed with {done.returncode}; see {self._folder / 'log'}")
