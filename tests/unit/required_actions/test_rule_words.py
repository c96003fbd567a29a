"""Password rules as a university says them: its sentences, the realm's numbers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from required_actions.password_rules import Rule
from required_actions.rule_words import RuleWords, in_their_words

LENGTH = Rule("length", "au moins 12 caractères", [12])
LONGEST = Rule("maxLength", "au plus 30 caractères", [30])
DIGITS = Rule("digits", "au moins 1 chiffre", [1])
SYMBOLS = Rule("specialAmong", "au moins 1 caractère spécial parmi % {", [1, "%{"])
NO_SPACE = Rule("noSpace", "sans espace", [])
BETWEEN = RuleWords(
    rule="between",
    text={"fr": "Entre %(count)s et %(most)s, dont", "en": "From %(count)s to %(most)s, with"},
    parts=(
        RuleWords(rule="digits", text={"fr": "un chiffre"}),
        RuleWords(rule="specialAmong", text={"fr": "un de %(symbols)s"}),
    ),
)


def test_a_sentence_takes_the_realms_numbers_and_goes_on_with_its_parts() -> None:
    (said,) = in_their_words([LENGTH, DIGITS, SYMBOLS, LONGEST], [BETWEEN], "fr")
    assert (said.id, said.text, said.parameters) == ("between", "Entre 12 et 30, dont", [12, 30])
    assert [(part.id, part.text, part.parameters) for part in said.parts] == [  # type: ignore[attr-defined]
        ("digits", "un chiffre", [1]),
        ("specialAmong", "un de % {", [1, "%{"]),
    ]


def test_each_language_and_the_first_one_where_a_text_is_missing() -> None:
    (said,) = in_their_words([LENGTH, LONGEST, DIGITS], [BETWEEN], "en")
    assert said.text == "From 12 to 30, with"
    assert [part.text for part in said.parts] == ["un chiffre"]  # type: ignore[attr-defined]


def test_what_the_realm_does_not_ask_is_not_said() -> None:
    """An administrator has taken the longest length away: our words say what is left."""
    assert in_their_words([LENGTH, DIGITS], [BETWEEN], "fr") == [LENGTH, DIGITS]


def test_rules_without_words_follow_in_ours() -> None:
    words = [RuleWords(rule="noSpace", text={"fr": "Aucun espace"})]
    said = in_their_words([LENGTH, NO_SPACE, DIGITS], words, "fr")
    assert [rule.text for rule in said] == ["Aucun espace", LENGTH.text, DIGITS.text]
    assert in_their_words([LENGTH], [], "fr") == [LENGTH]


@pytest.mark.parametrize(
    "text", [{}, {"fr": " "}, {"fr": "%(length)s"}, {"fr": "100 %"}, {"fr": "%(count)q"}]
)
def test_a_sentence_that_cannot_be_said_is_refused(text: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        RuleWords(rule="length", text=text)
