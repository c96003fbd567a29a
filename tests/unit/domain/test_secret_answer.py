"""What counts as the same answer, and which answers are no secret."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.domain.secret_answer import is_name, is_said_in, is_too_short, normalised

TEXTS = st.text(max_size=60)


@pytest.mark.parametrize(
    "typed",
    [
        "Saint-Étienne",
        "saint etienne",
        "SAINT  ETIENNE.",
        "\tSaint\u00a0Étienne\n",
        "« Saint—E\u0301tienne » !",
    ],
)
def test_one_answer(typed: str) -> None:
    assert normalised(typed) == "saint etienne"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("L’Île-d'Yeu", "l ile d yeu"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ISPARTA", "isparta"),
        ("ısparta", "isparta"),
        ("Œuvre et Cætera", "oeuvre et caetera"),
        ("Łódź", "lodz"),
        ("Αθήνα", "αθηνα"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﬁn", "fin"),
        ("zero\u200bwidth\u202e", "zerowidth"),
        ("नमस्ते दुनिया", "नमसते दुनिया"),  # vowel signs are no accents
        ("สวัสดี", "สวัสดี"),
        ("한국어", "한국어"),
        ("👍🏽 ok", "ok"),
        ("👍🏽", ""),
        ("\0\ud800", ""),
    ],
)
def test_what_is_kept(typed: str, kept: str) -> None:
    assert normalised(typed) == kept


@given(TEXTS)
def test_normalising_again_changes_nothing(typed: str) -> None:
    assert normalised(normalised(typed)) == normalised(typed)


@given(TEXTS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_keyboards_that_compose_differently_agree(typed: str, form: str) -> None:
    assert normalised(unicodedata.normalize(form, typed)) == normalised(typed)  # type: ignore[arg-type]


@given(st.text(alphabet=st.sampled_from("abcçdeéèêîïôöùûüÿzABCÇÉ -'’.,!?0123456789"), max_size=40))
def test_french_is_ascii_in_one_case(typed: str) -> None:
    assert normalised(typed.upper()) == normalised(typed)
    assert set(normalised(typed)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert normalised(f"  {typed} ! ") == normalised(typed)


@pytest.mark.parametrize(
    ("typed", "short"), [("ab", True), ("a b", True), ("...", True), ("abc", False), ("a-b c", False)]
)
def test_three_letters_or_digits(typed: str, short: bool) -> None:
    assert is_too_short(typed) is short


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("Chat ou chien ?", "CHIEN", True),
        ("Chat ou chien ?", "chat, ou chien", True),
        ("Mon île préférée est Ré", "Île préférée", True),
        ("Ma ville ?", "ma ville", True),
        ("Chats ou chiens ?", "chat", False),
        ("Chat ou chien ?", "hamster", False),
        ("", "hamster", False),
    ],
)
def test_a_question_that_says_its_answer(question: str, answer: str, said: bool) -> None:
    assert is_said_in(question, answer) is said


@pytest.mark.parametrize(
    "answer",
    ["Camille", "o'connor", "OConnor", "camille o connor", "CAMILLE.O-CONNOR", "camille.o-connor@etu.fr"],
)
def test_names_are_no_secret(answer: str) -> None:
    assert is_name(answer, ["Camille", "O'Connor", "Camille O'Connor", "camille.o-connor@etu.fr", None])


def test_names_one_does_not_have_may_be() -> None:
    assert not is_name("Dominique", ["Camille", None, "", "…"])
    assert not is_name("…", ["Camille", "…"])
