"""Maven as a child process: it fetches the server and builds the JAR."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["MavenFailed", "Progress", "run_maven"]

Progress = Callable[[str], None]
"""Receives one line of text from time to time."""


class MavenFailed(ConfigurationError):
    """Maven is missing or ended with an error."""


def run_maven(arguments: Sequence[str], folder: Path, on_progress: Progress | None = None) -> None:
    """Runs ``mvn`` in ``folder`` without asking anything; its lines go to ``on_progress``. Raises ``MavenFailed``."""
    maven = shutil.which("mvn")
    if maven is None:
        raise MavenFailed("Maven is not installed.", "sudo apt install maven default-jdk-headless")
    command = [maven, "-B", "-Dstyle.color=never", *arguments]
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own arguments
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if on_progress:
                    on_progress(line.rstrip())
        except BaseException:  # Ctrl-C: Popen would leave it running
            process.terminate()
            raise
    if process.returncode:
        errors = [line for line in lines if line.startswith("[ERROR]")][:12] or lines[-12:]
        raise MavenFailed(
            f"Maven failed in {folder}:\n" + "\n".join(errors),
            "If it could not download, check the network and Maven's settings (~/.m2/settings.xml).",
        )
