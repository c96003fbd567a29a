"""« No dictionary word »: one word is one word, whatever digits and symbols it wears."""

from __future__ import annotations

import socket
import threading

import pytest

from required_actions import dictionary_words
from required_actions.dictionary_words import is_one_word, prepare

NAMES = ["camille", "o'connor", "univ-demo"]


@pytest.mark.parametrize(
    "password",
    [
        "Soleil2026!",
        "été-2026",
        "cœur1234",
        "***Butterflies***",
        "mangeraient99",
        "porte-monnaie1",
        "M0ntp3ll1er34",
        "5oleil2026",
        "12$oleil99!",
        "Caf3!!!!!",
        "anticonstitutionnellement1",
        "Camille2026!",
        "OConnor-34",
        "univ-demo-2027",
        "E\u0301toile2026",
    ],
)
def test_one_word(password: str) -> None:
    assert is_one_word(password, NAMES)


@pytest.mark.parametrize(
    "password",
    [
        "xk7qmvpw",
        "chatlampe26",
        "chat-lampe-2026",
        "J'ai2Chats!",
        "12345678",
        "!!!!!!!!",
        "a7391642",
        "7k3m9x2v",
        "дом-12345",
        "",
        "l'été sera beau 1",
    ],
)
def test_more_than_a_word_or_none(password: str) -> None:
    assert not is_one_word(password, NAMES)


def test_names_are_this_persons_alone() -> None:
    assert is_one_word("Zzyzxqv2026", ["zzyzxqv"])
    assert not is_one_word("Zzyzxqv2026")


def test_no_password_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is typed to make it slow: at most 25 ends, each read in 8 ways."""
    asked: list[str] = []
    monkeypatch.setattr(dictionary_words, "_is_word", lambda text: asked.append(text) is not None)
    for password in ("1l!|" * 64, "a" + "1" * 254 + "a", "1!|1a1!1aa1!|1", "é" * 256, "a1!" * 13):
        asked.clear()
        assert not is_one_word(password)
        assert len(asked) <= 25 * 8 + 1


def test_a_page_that_announces_a_question_has_the_words_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = threading.Event()
    monkeypatch.setattr(dictionary_words, "_loaded", read.set)
    dictionary_words._words.cache_clear()
    prepare()
    assert read.wait(30)
    for thread in threading.enumerate():
        if thread.name == "words":
            thread.join(30)
    read.clear()
    dictionary_words._words()
    prepare()
    assert not [thread for thread in threading.enumerate() if thread.name == "words"]
    assert not read.is_set()


def test_nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_address: object) -> None:
        raise AssertionError("a password must not go anywhere")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    dictionary_words._words.cache_clear()
    assert is_one_word("Printemps2026!")
    assert not is_one_word("lampe-nuage-2026")
