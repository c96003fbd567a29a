"""A plan as JSON or CSV: written line by line while it is read from where it is kept, so that any size fits in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TextIO

from sync.plan import Action, Kind, Plan

__all__ = ["COLUMNS", "chosen", "neutral", "write_csv", "write_json"]

COLUMNS = ("action", "who", "key", "cause", "why", "what", "before", "after")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet run a cell as a formula (OWASP, CSV injection), the wide forms of East Asian keyboards
included."""


def chosen(plan: Plan, only: Kind | None = None, limit: int | None = None) -> Iterator[Action]:
    """The actions somebody would want to see: of one kind, the first ``limit`` of them."""
    return islice((a for a in plan.visible if only is None or a.kind is only), limit)


def neutral(cell: str) -> str:
    """The cell as text to a spreadsheet: one that would be a formula begins with an apostrophe."""
    return f"'{cell}" if cell.lstrip(" \u00a0\ufeff").startswith(FORMULA) else cell


def write_csv(actions: Iterable[Action], out: TextIO) -> None:
    """One line a change, every cell quoted; actions without a visible change have one line as well."""
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for action in actions:
        head = (action.kind.value, action.who, action.subject.key, action.subject.cause.value, action.why)
        changes = [(c.what, c.before, c.after) for c in action.changes] or [("", "", "")]
        writer.writerows([neutral(cell) for cell in (*head, *change)] for change in changes)


def write_json(about: Mapping[str, Any], actions: Iterable[Action], out: TextIO) -> None:
    """One document: ``about``, then ``actions``, each on a line of its own."""
    head = json.dumps({**about, "actions": []}, ensure_ascii=False, indent=2)
    out.write(head.removesuffix("[]\n}") + "[")
    separator = "\n    "
    for action in actions:
        out.write(separator + json.dumps(action.as_json(), ensure_ascii=False))
        separator = ",\n    "
    out.write("\n  ]\n}\n")
