"""One human whom two sources name: the decisions, without a database."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kc_bridge.domain.matching import USUAL_RULES, MatchingRule
from sync.people.matching import Claim, Decisions, Matched, claim_of, match

MARIE = {"birth_date": "2007-05-14", "birth_name": "Martin"}
INE = "123456789AB"


def claim(key: str, ine: str = "", *, known: bool = False, first_name: str = "Marie", **facts: str) -> Claim:
    numbers = [("ine", ine)] if ine else []
    said = claim_of(key, numbers=numbers, first_names=[first_name], **(MARIE | facts))
    return Claim(said.key, said.keys, said.facts, known)


def decided(
    *claims: Claim, same: tuple[tuple[str, str], ...] = (), different: tuple[tuple[str, str], ...] = ()
) -> Matched:
    return match(claims, USUAL_RULES, Decisions(frozenset(same), frozenset(different)))


def test_one_ine_and_one_birth_date_are_one_human() -> None:
    found = decided(claim("apogee:1", INE), claim("rh:P1", INE, first_name="Marie-Anne"))
    assert found == Matched(canonical={"rh:P1": "apogee:1"}, rules={"rh:P1": "ine"})


def test_somebody_known_keeps_their_account() -> None:
    found = decided(claim("apogee:1", INE), claim("rh:P1", INE, known=True))
    assert found.canonical == {"apogee:1": "rh:P1"}


@pytest.mark.parametrize(
    ("birth", "problem"),
    [
        ("1980-01-01", "has the same ine, but another birth date (rule « ine »)"),
        ("", "has the same ine, but no birth date in both (rule « ine »)"),
    ],
)
def test_an_ine_alone_is_not_enough(birth: str, problem: str) -> None:
    found = decided(claim("apogee:1", INE), claim("rh:P1", INE, birth_date=birth))
    assert found.canonical == {}
    assert {key: (doubt.other, doubt.problem) for key, doubt in found.doubts.items()} == {
        "apogee:1": ("rh:P1", problem),
        "rh:P1": ("apogee:1", problem),
    }


def test_namesakes_born_on_one_day_are_never_guessed_at() -> None:
    found = decided(
        claim("apogee:1", birth_name="MÜLLER-LE GOFF"), claim("rh:P1", birth_name="Muller le Goff")
    )
    assert found.canonical == {}
    assert (
        found.doubts["rh:P1"].problem == "has the same birth name, first name, birth date (rule « namesake »)"
    )


def test_nobody_known_is_put_in_doubt() -> None:
    assert list(decided(claim("apogee:1"), claim("rh:P1", known=True)).doubts) == ["apogee:1"]


def test_two_keys_of_one_source_are_two_humans() -> None:
    assert decided(claim("apogee:1", INE), claim("apogee:2", INE)) == Matched()


def test_two_of_one_source_who_would_both_be_a_third() -> None:
    found = decided(claim("apogee:1", INE), claim("apogee:2", INE), claim("rh:P1", INE, known=True))
    assert found.canonical == {}
    assert sorted(found.doubts) == ["apogee:1", "apogee:2"]
    assert "two in « apogee »" in found.doubts["apogee:1"].problem


def test_two_accounts_are_never_made_one_by_a_rule() -> None:
    both = {"known": True}
    found = decided(claim("apogee:1", INE, **both), claim("rh:P1", INE, **both), claim("guests:1", INE))  # type: ignore[arg-type]
    assert found.canonical == {}
    assert "two accounts" in found.doubts["guests:1"].problem


def test_a_doubt_reaches_all_that_would_be_one() -> None:
    """rh:P1 is apogee:1 by the number; but apogee:1 may be guests:9, so nothing is sure."""
    found = decided(
        claim("apogee:1", INE), claim("rh:P1", INE, birth_name="Durand"), claim("guests:9", known=True)
    )
    assert found.canonical == {}
    assert sorted(found.doubts) == ["apogee:1", "rh:P1"]
    assert found.doubts["rh:P1"].problem.startswith("is one with apogee:1, which has the same birth name")


def test_an_operator_s_word_is_final() -> None:
    pair = (("apogee:1", "rh:P1"),)
    assert decided(claim("apogee:1"), claim("rh:P1"), different=pair) == Matched()
    strangers = claim("apogee:1"), claim("rh:P1", birth_date="1980-01-01", birth_name="Autre")
    assert decided(*strangers, same=pair).canonical == {"rh:P1": "apogee:1"}
    assert decided(*strangers, same=pair).rules == {"rh:P1": "operator"}


def test_an_operator_may_make_one_of_two_in_one_source() -> None:
    found = decided(claim("apogee:1"), claim("apogee:2"), same=(("apogee:1", "apogee:2"),))
    assert found.canonical == {"apogee:2": "apogee:1"}


def test_two_an_operator_told_apart_are_not_joined_by_a_third() -> None:
    found = decided(
        claim("apogee:1", INE),
        claim("rh:P1", INE),
        claim("guests:1", INE),
        different=(("apogee:1", "rh:P1"),),
    )
    assert found.canonical == {}
    assert sorted(found.doubts) == ["apogee:1", "guests:1", "rh:P1"]


def test_a_rule_of_one_s_own() -> None:
    rules = [MatchingRule(name="mail", same=("personal_mail",))]
    claims = [claim("apogee:1", personal_mail="M@x.example"), claim("rh:P1", personal_mail="m@X.example")]
    assert match(claims, rules, Decisions()).rules == {"rh:P1": "mail"}
    assert match(claims, (), Decisions()) == Matched()


CLAIMS = st.lists(
    st.builds(
        claim,
        st.builds("{}:{}".format, st.sampled_from(["apogee", "rh", "guests"]), st.integers(1, 3)),
        st.sampled_from([INE, "987654321AB", ""]),
        birth_date=st.sampled_from(["2007-05-14", "1980-01-01", ""]),
        birth_name=st.sampled_from(["Martin", "Durand"]),
    ),
    max_size=7,
    unique_by=lambda c: c.key,
)
PAIRS = st.frozensets(st.sampled_from([("apogee:1", "apogee:2"), ("apogee:1", "rh:1"), ("guests:2", "rh:2")]))


@settings(max_examples=150)
@given(CLAIMS, PAIRS, PAIRS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_whatever_is_read(
    claims: list[Claim],
    same: frozenset[tuple[str, str]],
    different: frozenset[tuple[str, str]],
    known: int,
    order: random.Random,
) -> None:
    claims = [Claim(c.key, c.keys, c.facts, n < known) for n, c in enumerate(claims)]
    decisions = Decisions(same, different - same)
    found = match(claims, USUAL_RULES, decisions)
    shuffled = list(claims)
    order.shuffle(shuffled)
    assert match(shuffled, USUAL_RULES, decisions) == found, "the order of rows changes nothing"

    accounts = {c.key for c in claims if c.known}
    assert not accounts & (found.canonical.keys() | found.doubts.keys()), "somebody known stays as they are"
    assert not found.canonical.keys() & found.doubts.keys()
    assert not found.canonical.keys() & set(found.canonical.values()), "a canonical key is nobody else's"
    assert found.canonical.keys() == found.rules.keys()
    by_human: dict[str, list[str]] = {}
    for key, human in found.canonical.items():
        by_human.setdefault(human, [human]).append(key)
    births = {c.key: c.facts.get("birth_date") for c in claims}
    for keys in by_human.values():
        pairs = {(a, b) for a in keys for b in keys if a < b}
        assert not pairs & decisions.different
        for a, b in pairs - decisions.same:
            assert a.partition(":")[0] != b.partition(":")[0], "two keys of one source are two humans"
            assert not (births[a] and births[b] and births[a] != births[b]), "nobody is born twice"


def test_the_rules_of_a_profile_are_what_an_administrator_reads() -> None:
    rule = MatchingRule.model_validate({"name": "ine", "same": ["ine"], "and": ["birth_date"]})
    assert rule == USUAL_RULES[0]
