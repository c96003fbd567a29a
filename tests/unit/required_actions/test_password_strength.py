"""How hard a password is to guess: what must be refused, what must not, and what an estimate may cost."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import matching

from required_actions.password_strength import JUDGED, Habit, is_common, strength

CAMILLE = [
    "camille.oconnor@etu.univ-demo.fr",
    "Camille",
    "O'Connor",
    "31/03/2007",
    "31032007",
    "Université de Démo",
]
REFUSED_BELOW = 3


@pytest.mark.parametrize(
    ("password", "habit"),
    [
        ("Motdepasse2026!", Habit.COMMON),
        ("M0td3p@sse2026!", Habit.COMMON),
        ("MOT DE PASSE", Habit.COMMON),
        ("P@ssw0rd1234", Habit.COMMON),
        ("Septembre2026", Habit.DATE),
        ("septembre2026", Habit.DATE),
        ("qsdfghjklm12", Habit.COMMON),
        ("zxcvfrewq", Habit.KEYS),
        ("aaaaaaaaaaaa", Habit.REPEAT),
        ("Ab1!Ab1!Ab1!", Habit.REPEAT),
        ("abcdefghijkl", Habit.SEQUENCE),
        ("31/12/1999-1", Habit.DATE),
        ("O'Connor-31032007!", Habit.PERSONAL),
        ("camille.oconnor@etu.univ-demo.fr", Habit.PERSONAL),
        ("Université2026!", Habit.PERSONAL),
        ("Universite-demo-1!", Habit.PERSONAL),
        ("CAMILLEcamille12", Habit.PERSONAL),
    ],
)
def test_easy_to_guess(password: str, habit: Habit) -> None:
    judged = strength(password, CAMILLE)
    assert judged.score < REFUSED_BELOW
    assert habit in judged.habits


@pytest.mark.parametrize(
    "password",
    [
        "cheval lampe nuage trottinette",
        "Xk9$mQ2!vLp7",
        "Printemps-2026-à-Cassis!",
        "4@8({[</369&#!1/",
        "correct horse battery staple",
        "чёрный-кот-на-крыше",
        "lamp cloud horse",
        "f3a1-9c7e-42d8",
        "Camille aime trottinettes violettes",
    ],
)
def test_hard_to_guess(password: str) -> None:
    assert strength(password, CAMILLE).score >= REFUSED_BELOW


def test_accents_and_their_two_spellings_change_nothing() -> None:
    composed, decomposed = "Universit\u00e9-Demo", "Universite\u0301-Demo"
    judged = [
        strength(text, ["Universite\u0301 de Démo"]) for text in (composed, decomposed, "Universite-Demo")
    ]
    assert judged[0] == judged[1] == judged[2]


def test_what_follows_is_not_looked_at() -> None:
    head = "cheval lampe nuage trottinette ".ljust(JUDGED, "x")
    assert strength(head + "azerty" * 10_000) == strength(head)


def test_a_disguised_word_has_few_readings() -> None:
    """Each reading costs a search through all words; with zxcvbn's own table there are hundreds, and ten seconds."""
    every = "".join({sign for signs in matching.L33T_TABLE.values() for sign in signs})
    readings = matching.enumerate_l33t_subs(matching.relevant_l33t_subtable(every, matching.L33T_TABLE))
    assert len(every) == 9
    assert len(readings) == 8


def test_nobody_is_judged_by_somebody_elses_words() -> None:
    """Neither afterwards nor meanwhile: requests run side by side."""
    theirs = ["Ouagadougou-Zébulon"]
    alone = strength("Ouagadougou-Zébulon-7").score
    stop = threading.Event()

    def other_request() -> None:
        while not stop.is_set():
            strength("Ouagadougou-Zébulon-7", theirs)

    thread = threading.Thread(target=other_request)
    thread.start()
    try:
        seen = {strength("Ouagadougou-Zébulon-7").score for _ in range(50)}
    finally:
        stop.set()
        thread.join()
    assert strength("Ouagadougou-Zébulon-7", theirs).score < alone
    assert seen == {alone}
    assert "ouagadougou-zebulon" not in {
        word for words in matching.RANKED_DICTIONARIES.values() for word in words
    }


@pytest.mark.parametrize(
    ("password", "known"), [("AZERTYuiop", True), ("password1", True), ("Xk9$mQ2!vLp7", False)]
)
def test_passwords_everybody_uses(password: str, known: bool) -> None:
    assert is_common(password) is known


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3))
def test_anything_can_be_typed(password: str, personal: list[str]) -> None:
    judged = strength(password, personal)
    assert 0 <= judged.score <= 4
    assert list(judged.habits) == [habit for habit in Habit if habit in judged.habits]
