"""The package of tests/example_plugin, built and put beside us as an installer would."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kc_bridge import texts
from kc_bridge.domain import plugins
from required_actions import registry

__all__ = ["installed"]

SOURCE = Path(__file__).parents[1] / "example_plugin"


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """The package is there while this lasts; ``folder`` takes what is built."""
    site = _built(folder)
    steps = dict(registry._steps)
    sys.path.insert(0, str(site))
    _look_again()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        for name in [name for name in sys.modules if name.partition(".")[0] == "kcb_example"]:
            del sys.modules[name]
        registry._steps.clear()
        registry._steps.update(steps)
        _look_again()


def _built(folder: Path) -> Path:
    source, site = folder / "source", folder / "site-packages"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    for catalogue in source.rglob("*.po"):
        with catalogue.open("rb") as texts_read, catalogue.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(texts_read))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def _look_again() -> None:
    plugins.forget()
    texts.forget()
