"""Files no export would make, and what reading them costs: run in a process of its own, which prints its findings."""

from __future__ import annotations

import gzip
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from kc_bridge.settings import SourceSettings
from sync.sources.base import SourceError
from sync.sources.csv import CsvSource, build
from tests.support.exports import STUDENTS, student
from tests.support.reading import read_all

__all__ = ["FILES"]

MB = 1 << 20


def _line_without_end(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(f"{STUDENTS}\n{student(1)}\n".encode())
        for _ in range(size // MB):
            file.write(b"x" * MB)
        file.write(f"\n{student(3)}\n".encode())


def _zeros(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _columns_in_the_header(path: Path, size: int) -> None:
    path.write_text("c;" * size + "\n")


def _columns_in_a_row(path: Path, size: int) -> None:
    path.write_text(f"{STUDENTS}\n{student(1)}\n{'a;' * size}\n{student(3)}\n")


def _columns_within_the_longest_line(path: Path, size: int) -> None:
    rows = "\n".join(["a;" * 32_000] * (size // 32_000))
    path.write_text(f"{';' * 32_000}{STUDENTS}\n{rows}\n")


def _bomb(path: Path, size: int) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(f"{STUDENTS}\n{student(1)}\n".encode())
        for _ in range(size // MB):
            file.write(b"\n" * MB)


def _blank_lines(path: Path, size: int) -> None:
    path.write_bytes(f"{STUDENTS}\n{student(1)}\n".encode() + b"\n" * size)


def _wide(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(f"{STUDENTS}\n{student(1)}\n".encode("utf-16"))
        for _ in range(size // MB):
            file.write("x".encode("utf-16-le") * MB)


FILES: dict[str, Callable[[Path, int], None]] = {
    "a line without end": _line_without_end,
    "zeros": _zeros,
    "columns in the header": _columns_in_the_header,
    "columns in a row": _columns_in_a_row,
    "columns within the longest line": _columns_within_the_longest_line,
    "a bomb": _bomb,
    "blank lines": _blank_lines,
    "a line without end in UTF-16": _wide,
}


def _peak() -> float:
    """Megabytes this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Arguments: a folder, and a JSON list of [name, size]. Prints a JSON list of what was found in each."""
    path = Path(sys.argv[1]) / "people.csv"
    read_all(_source(path, f"{STUDENTS}\n{student(1)}\n"))  # what is imported, and the first buffers
    print(json.dumps([_cost(path, name, size) for name, size in json.loads(sys.argv[2])]))


def _cost(path: Path, name: str, size: int) -> dict[str, object]:
    FILES[name](path, size)
    before = _peak()
    said: list[str] = []
    lines: list[int] = []
    try:
        found = read_all(_source(path))
        lines = found.lines
        said = [f"{r.place.line}: {r.problem}" for r in found.rejected]
    except SourceError as error:
        said = [error.problem]
    return {"name": name, "said": said, "lines": lines, "grew": _peak() - before}


def _source(path: Path, content: str | None = None) -> CsvSource:
    if content is not None:
        path.write_text(content)
    return build(SourceSettings(name="apogee", path=path), "")


if __name__ == "__main__":
    main()
