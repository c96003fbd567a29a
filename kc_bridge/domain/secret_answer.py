"""Answers to secret questions: what counts as the same answer, and which ones others would guess."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["SHORTEST", "is_name", "is_said_in", "is_too_short", "normalised"]

SHORTEST = 3
"""Letters and digits an answer needs at least."""

LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
"""Letters Unicode does not take apart, and that people type as others on a foreign keyboard."""


def normalised(answer: str) -> str:
    """The answer without what people do not remember typing: case, accents, punctuation, spaces.

    « Saint-Étienne », « saint etienne » and « SAINT  ETIENNE. » are one answer. Marks that are no accents but vowels,
    as in Devanagari or Thai, stay. Nothing is left of emoji and invisible characters.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", answer).casefold())
    folded = unicodedata.normalize("NFKD", folded.casefold())
    kept = "".join(_kept(character) for character in folded).translate(LETTERS)
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def _kept(character: str) -> str:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return ""
    return character if unicodedata.category(character)[0] in "LMN" else " "


def is_too_short(answer: str) -> bool:
    """True when too little is left of the answer to be anybody's secret."""
    return len(_joined(answer)) < SHORTEST


def is_said_in(question: str, answer: str) -> bool:
    """True when the question gives its answer away: « Chat ou chien ? » → « chien »."""
    return f" {normalised(answer)} " in f" {normalised(question)} "


def is_name(answer: str, names: Iterable[str | None]) -> bool:
    """True when the answer is one of the ``names`` everybody knows the person by; addresses also by what precedes @."""
    known = {_joined(form) for name in names if name for form in (name, name.partition("@")[0])}
    return _joined(answer) in known - {""}


def _joined(text: str) -> str:
    return normalised(text).replace(" ", "")
