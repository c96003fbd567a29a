"""What a password's characters must be, said three times over: to Keycloak, to ourselves, and (by id) to the browser.

Keycloak tries one regular expression a realm, on the whole password, and answers that expression for whatever is wrong. So
each demand also knows whether a password meets it, and people are told which one it does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Demand", "among", "forbidden", "in_one", "letters", "no_space", "pattern"]

JAVAS_SPACES = " \t\n\x0b\f\r"
"""What ``\\s`` is to Java."""


@dataclass(frozen=True)
class Demand:
    """One of them. It holds no part of a password."""

    id: str
    """By which the words (``password_rules.py``) and the script (``enhance.js``) know it."""
    parameters: tuple[int | str, ...]
    java: str
    """A regular expression that matches the whole of a password that meets it."""
    met: Callable[[str], bool]


def letters(count: int) -> Demand:
    """At least so many letters, of any case and alphabet."""
    java = rf"(?:\P{{L}}*\p{{L}}){{{count}}}[\s\S]*"
    return Demand("letters", (count,), java, lambda typed: sum(map(str.isalpha, typed)) >= count)


def among(count: int, symbols: str) -> Demand:
    """At least so many of these characters."""
    chosen = _escaped(symbols)
    java = rf"(?:[^{chosen}]*[{chosen}]){{{count}}}[\s\S]*"
    return Demand(
        "specialAmong", (count, symbols), java, lambda typed: sum(c in symbols for c in typed) >= count
    )


def forbidden(symbols: str) -> Demand:
    """None of these characters."""
    return Demand(
        "forbidden", (symbols,), f"[^{_escaped(symbols)}]*", lambda typed: not set(symbols) & set(typed)
    )


def no_space() -> Demand:
    """No space of any width."""
    return Demand("noSpace", (), r"[^\s\p{Z}]*", lambda typed: not any(map(_is_space, typed)))


def pattern(expression: str) -> Demand:
    """A university's own expression. Java's ``\\w``, ``\\d`` and ``\\s`` are those of ASCII."""
    compiled = re.compile(expression, re.ASCII)
    return Demand("pattern", (expression,), expression, lambda typed: compiled.fullmatch(typed) is not None)


def in_one(demands: Iterable[Demand]) -> str:
    """All of them as one expression, in which Keycloak finds no « and »: that word ends a rule of its policies."""
    java = [demand.java for demand in demands]
    together = java[0] if len(java) == 1 else "".join(rf"(?=(?:{one})\z)" for one in java) + r"[\s\S]*"
    return together.replace(" and ", r"\x20and\x20")


def _escaped(symbols: str) -> str:
    """For a class of characters: to Java, a backslash before anything that is no letter takes it as it is."""
    return "".join(f"\\{symbol}" for symbol in symbols)


def _is_space(char: str) -> bool:
    return char in JAVAS_SPACES or unicodedata.category(char).startswith("Z")
