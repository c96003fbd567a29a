"""``column IN (…)`` for many values, sent as one parameter: a statement that is the same for any number of them.

A list of 200 parameters costs several milliseconds before the database sees it (each is named, written and read again by
SQLAlchemy and by the driver), and old SQLites take 999 at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, Dialect, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["among"]


class _Json(TypeDecorator[list[str]]):
    """A list as one text; the driver writes arrays item by item, in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps(value)


class among(FunctionElement[bool]):
    """True for rows whose ``column``, a text, is one of ``values``."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | Any, values: Iterable[str]) -> None:
        super().__init__(column, BindParameter(None, list(values), type_=_Json(), unique=True))


@compiles(among)
def _in_json(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are compiled already


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({values} AS json))))"
