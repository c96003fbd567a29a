"""What came out of the bench: one table, and the same as JSON, written again after every work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["Result", "Results", "Rule"]

WIDTH = 170


class Rule(Enum):
    """How a figure is compared with its target."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True)
class Result:
    """One line: a work of ours, and what it is measured against in the same run."""

    work: str
    n: int
    """How many things (users, rows, turns) were measured."""
    value: float
    unit: str
    against: str = ""
    other: float | None = None
    """The same figure for ``against``, in the same unit."""
    ratio: float | None = None
    """Ours beside theirs; None when the value itself has a target, or none."""
    target: float | None = None
    rule: Rule = Rule.AT_LEAST
    more: Mapping[str, float] = field(default_factory=dict)
    """Further figures of the line, for the JSON."""

    @property
    def reached(self) -> bool | None:
        """None without a target."""
        if self.target is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.target if self.rule is Rule.AT_LEAST else judged <= self.target

    def as_json(self) -> dict[str, Any]:
        return {
            "work": self.work,
            "n": self.n,
            "value": _short(self.value),
            "unit": self.unit,
            "against": self.against,
            "ratio": _short(self.ratio),
            "target": self.target,
            "reached": self.reached,
            **({} if self.other is None else {"other": _short(self.other)}),
            **{name: _short(value) for name, value in self.more.items()},
        }


class Results:
    """All lines so far, kept in ``file``, so that a work that fails takes none of the others with it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: list[Result] = []
        self.failed: dict[str, str] = {}
        """Work → error, for those without a figure."""

    def add(self, *lines: Result) -> None:
        self._lines += lines
        self._file.parent.mkdir(exist_ok=True)
        text = json.dumps([line.as_json() for line in self._lines], indent=1, ensure_ascii=False)
        self._file.write_text(text + "\n", "utf-8")

    def show(self) -> None:
        """Prints the table."""
        table = Table("work", "n", "ours", "against", "theirs", "ratio", "target", "reached")
        for line in self._lines:
            target = "" if line.target is None else f"{line.rule.value} {line.target:g}"
            reached = {True: "yes", False: "NO", None: ""}[line.reached]
            table.add_row(
                line.work, f"{line.n:,}", _figure(line.value, line.unit), line.against,
                "" if line.other is None else _figure(line.other, line.unit),
                "" if line.ratio is None else f"{_short(line.ratio):,}", target, reached,
            )  # fmt: skip
        console = Console(width=WIDTH)
        console.print(table)
        for work, error in self.failed.items():
            console.print(f"not measured: {work}: {error}", markup=False)


def _figure(value: float, unit: str) -> str:
    return f"{_short(value):,} {unit}"


def _short(value: float | None) -> float | None:
    """Three significant digits, or all of a whole number's."""
    if value is None or value == 0:
        return value
    if abs(value) >= 100:
        return round(value)
    return float(f"{value:.3g}")
