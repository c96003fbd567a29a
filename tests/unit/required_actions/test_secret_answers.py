"""Answers are kept as argon2id hashes, and checked with the same work for whoever has none."""

from __future__ import annotations

import ast
from pathlib import Path
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError
from argon2.low_level import Type

from required_actions import secret_answers
from required_actions.secret_answers import hashed, is_outdated, matches

ROOT = Path(__file__).parents[3]
ANSWER = "L'Île-d'Yeu"


def test_the_parameters_are_owasps() -> None:
    parameters = extract_parameters(hashed(ANSWER))
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024  # KiB
    assert parameters.time_cost >= 2
    assert parameters.parallelism == 1


def test_the_answer_is_not_in_the_hash_and_every_hash_has_its_salt() -> None:
    one, other = hashed(ANSWER), hashed(ANSWER)
    assert one != other
    assert "yeu" not in one.lower()


@pytest.mark.parametrize("again", [ANSWER, "l ile d yeu", "  L’ILE D’YEU !"])
def test_the_same_answer_typed_otherwise(again: str) -> None:
    assert matches(hashed(ANSWER), again)


@pytest.mark.parametrize("other", ["", "ile d'yeu", "l'île d'yeu 2", "\0", "é" * 2000])
def test_another_answer(other: str) -> None:
    assert not matches(hashed(ANSWER), other)


@pytest.mark.parametrize("kept", ["known", None])
def test_nobody_is_told_by_the_work_who_has_an_answer(kept: str | None) -> None:
    """One argon2 computation with the same parameters, whoever it is; a clock would only measure this machine."""
    kept = hashed(ANSWER) if kept else None
    work: list[tuple[int, int, int]] = []

    class Counting:
        """A hasher that notes what it is made to compute."""

        def __init__(self, hasher: PasswordHasher) -> None:
            self._hasher = hasher

        def hash(self, answer: str) -> str:
            found = self._hasher.hash(answer)
            self._note(found)
            return found

        def verify(self, known: str, answer: str) -> bool:
            self._note(known)
            return self._hasher.verify(known, answer)

        def _note(self, known: str) -> None:
            parameters = extract_parameters(known)
            work.append((parameters.memory_cost, parameters.time_cost, parameters.parallelism))

    with patch.object(secret_answers, "_hasher", Counting(secret_answers._hasher)):
        assert not matches(kept, "another answer")
    assert work == [(19 * 1024, 2, 1)]


def test_no_answer_matches_where_none_is_kept() -> None:
    assert not matches(None, "")
    assert not matches(None, ANSWER)


def test_a_hash_that_is_none_is_an_error_and_no_refusal() -> None:
    with pytest.raises(InvalidHashError):
        matches("plain text", ANSWER)


def test_older_parameters_are_seen() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("l ile d yeu")
    assert matches(old, ANSWER)
    assert is_outdated(old)
    assert not is_outdated(hashed(ANSWER))


def test_no_code_lets_anybody_in_by_an_answer() -> None:
    """12. Never the only factor: answers are compared in one place, which counts the tries, for one page, which asks
    whoever has opened a link (tests/security/test_lost_password.py)."""
    importers: dict[str, set[str]] = {"matches": set(), "secret_answers": set(), "recovery": set()}
    for folder in ("kc_bridge", "required_actions", "sync"):
        for file in (ROOT / folder).rglob("*.py"):
            tree = ast.walk(ast.parse(file.read_text("utf-8")))
            for node in tree:
                if isinstance(node, ast.ImportFrom | ast.Import):
                    for alias in node.names:
                        importers.get(alias.name, set()).add(str(file.relative_to(ROOT)))
    assert importers["matches"] == {"required_actions/recovery.py"}
    assert importers["secret_answers"] == set()
    calls = {
        str(file) for file in importers["recovery"] if "recovery.answer(" in (ROOT / file).read_text("utf-8")
    }
    assert calls == {"required_actions/recovering.py"}
