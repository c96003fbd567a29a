"""Password rules in a university's own words: its sentences, the realm's numbers, and a tick for each part of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from required_actions.password_rules import Rule
from required_actions.registry import Options, worded

__all__ = ["RuleWords", "WordedRule", "in_their_words"]

BETWEEN = "between"
"""Stands for ``length`` and ``maxLength``, said in one sentence."""


class RuleWords(Options):
    """One sentence on one rule."""

    rule: str
    """Its id: ``lowerCase``, ``noSpace``… (:mod:`required_actions.password_rules`), or ``between``."""
    text: dict[str, str]
    """By language. ``%(count)s`` is how many the realm asks for, ``%(most)s`` how many it allows, ``%(symbols)s``
    which ones."""
    parts: tuple[RuleWords, ...] = ()
    """What the sentence goes on with, each with a tick of its own."""

    @field_validator("text")
    @classmethod
    def _worded(cls, text: dict[str, str]) -> dict[str, str]:
        try:
            said = [sentence % {"count": 1, "most": 2, "symbols": "!"} for sentence in text.values()]
        except (KeyError, TypeError, ValueError) as wrong:
            raise ValueError(f"{wrong}: use %(count)s, %(most)s or %(symbols)s, and %% for %") from None
        if not said or not all(sentence.strip() for sentence in said):
            raise ValueError("write the sentence in at least one language")
        return text


@dataclass(frozen=True)
class WordedRule(Rule):
    """A rule that goes on."""

    parts: tuple[Rule, ...] = ()


def in_their_words(found: Sequence[Rule], words: Iterable[RuleWords], language: str) -> list[Rule]:
    """The rules ``found`` in the realm, said with these ``words``; those without words follow in ours.

    A sentence on a rule the realm does not have is not said: people read what is, not what was meant.
    """
    by_id = {rule.id: rule for rule in found}
    said = [rule for sentence in words if (rule := _said(sentence, by_id, language))]
    spoken = {one.id for rule in said for one in (rule, *rule.parts)}
    if BETWEEN in spoken:
        spoken |= {"length", "maxLength"}
    return [*said, *(rule for rule in found if rule.id not in spoken)]


def _said(words: RuleWords, found: dict[str, Rule], language: str) -> WordedRule | None:
    parameters = _parameters(words.rule, found)
    if parameters is None:
        return None
    text = worded(words.text, language)
    count, last = (parameters[0], parameters[-1]) if parameters else ("", "")
    parts = [_said(part, found, language) for part in words.parts]
    return WordedRule(
        words.rule,
        text % {"count": count, "most": last, "symbols": " ".join(str(last))},
        parameters,
        tuple(part for part in parts if part),
    )


def _parameters(rule: str, found: dict[str, Rule]) -> list[Any] | None:
    """What the realm asks by that rule; None: nothing."""
    least, most = found.get("length"), found.get("maxLength")
    if rule == BETWEEN:
        return [*least.parameters[:1], *most.parameters[:1]] if least and most else None
    return found[rule].parameters if rule in found else None
