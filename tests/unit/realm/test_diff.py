"""Comparing a realm with the one wanted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.realm.diff import Change, compare, overlay
from kc_bridge.realm.resource import ABSENT, AtLeast, InPlaceOf, Kind, Members, Policy, Resource

words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=4)
values = st.recursive(
    st.booleans() | st.integers(0, 9) | words | st.lists(words, unique=True),
    lambda inner: st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(words, values, max_size=4)


@given(actual=documents, wanted=documents)
def test_writing_once_is_enough(actual: dict[str, Any], wanted: dict[str, Any]) -> None:
    after, _ = overlay(actual, wanted)
    assert overlay(after, wanted) == (after, [])


@given(actual=documents, wanted=documents)
def test_no_change_means_no_write(actual: dict[str, Any], wanted: dict[str, Any]) -> None:
    after, changes = overlay(actual, wanted)
    if not changes:
        assert stored(after) == stored(actual)


def stored(document: dict[str, Any]) -> dict[str, Any]:
    """What Keycloak keeps of a document: nothing empty, at any depth."""
    kept = {key: stored(value) if isinstance(value, dict) else value for key, value in document.items()}
    return {key: value for key, value in kept.items() if value not in ("", [], {})}


@given(actual=documents, wanted=documents)
def test_what_is_not_spoken_of_stays(actual: dict[str, Any], wanted: dict[str, Any]) -> None:
    after, _ = overlay(actual, wanted)
    assert {key: after[key] for key in actual.keys() - wanted.keys()} == {
        key: actual[key] for key in actual.keys() - wanted.keys()
    }


@pytest.mark.parametrize(
    ("actual", "wanted"),
    [
        ({"uris": ["b", "a"]}, {"uris": ["a", "b"]}),
        ({"languages": ["de", "fr"]}, {"languages": AtLeast(["fr"])}),
        ({}, {"html": "", "origins": []}),
        ({"html": None}, {"html": ""}),
        ({"items": [{"name": "x", "id": 1}, {"name": "y"}]}, {"items": [{"name": "y"}]}),
        ({"validations": {"length": {"max": 9}}}, {"validations": {"length": {}}}),
    ],
)
def test_the_same_in_other_words(actual: dict[str, Any], wanted: dict[str, Any]) -> None:
    after, changes = overlay(actual, wanted)
    assert changes == []
    assert {key: after[key] for key in actual} == actual


@pytest.mark.parametrize(
    ("actual", "wanted", "after", "printed"),
    [
        ({"on": False}, {"on": True}, {"on": True}, "on: false → true"),
        ({"a": {"b": "1", "c": "2"}}, {"a": {"b": "3"}}, {"a": {"b": "3", "c": "2"}}, "a.b: « 1 » → « 3 »"),
        ({}, {"n": 5}, {"n": 5}, "n: absent → 5"),
        ({"n": "5"}, {"n": 5}, {"n": 5}, "n: « 5 » → 5"),
        ({"n": True}, {"n": 1}, {"n": 1}, "n: true → 1"),
        ({"u": ["x", "a"]}, {"u": ["a"]}, {"u": ["a"]}, "u: [a, x] → [a]"),
        ({"u": ["x"]}, {"u": AtLeast(["a"])}, {"u": ["x", "a"]}, "u: [x] → [a, x]"),
        ({"u": ["x"]}, {"u": []}, {"u": []}, "u: [x] → []"),
        ({"v": {}}, {"v": {"date": {}}}, {"v": {"date": {}}}, "v.date: absent → {}"),
        (
            {"items": [{"name": "x", "id": 1, "p": 1}]},
            {"items": [{"name": "x", "p": 2}]},
            {"items": [{"name": "x", "id": 1, "p": 2}]},
            "items[x].p: 1 → 2",
        ),
        (
            {"items": [{"name": "x"}]},
            {"items": [{"name": "é"}]},
            {"items": [{"name": "x"}, {"name": "é"}]},
            'items[é]: absent → {"name": "é"}',
        ),
    ],
)
def test_one_change(actual: Any, wanted: Any, after: Any, printed: str) -> None:
    merged, changes = overlay(actual, wanted)
    assert merged == after
    assert [str(change) for change in changes] == [printed]


def test_keys_are_shown_by_their_ids() -> None:
    before, after = (json.dumps({"keys": [{"kid": kid, "n": "long"}]}) for kid in ("old", "new"))
    assert str(Change("jwks", before, after)) == "jwks: keys old → keys new"


@pytest.mark.parametrize(
    ("actual", "after"),
    [
        (ABSENT, "length(12) and digits(1)"),
        ("digits(1) and length(12)", "digits(1) and length(12)"),
        ("length(8) and hashIterations(7)", "length(12) and digits(1) and hashIterations(7)"),
        ("length(12) and digits(1) and passwordHistory(3)", "length(12) and digits(1)"),
    ],
)
def test_password_policy_keeps_what_a_profile_cannot_say(actual: Any, after: str) -> None:
    policy = Policy("length(12) and digits(1)", frozenset({"length", "digits", "passwordHistory"}))
    assert policy.over(actual) == after


@pytest.mark.parametrize(
    ("actual", "after"),
    [
        (ABSENT, ["basic"]),
        (["basic", "supann", "campus"], ["basic", "campus"]),
        (["campus"], ["campus", "basic"]),
    ],
)
def test_a_list_with_and_without(actual: Any, after: list[str]) -> None:
    assert Members(("basic",), frozenset({"supann"})).over(actual) == after


@pytest.mark.parametrize(
    ("actual", "after"), [(ABSENT, "ours"), (None, "ours"), ("browser", "ours"), ("theirs", "theirs")]
)
def test_only_keycloaks_default_is_replaced(actual: Any, after: str) -> None:
    assert InPlaceOf("ours", "browser").over(actual) == after


def test_a_missing_resource_is_written_even_when_nothing_is_asked_of_it() -> None:
    resource = Resource(Kind.CLIENT, "kcb", {})
    (edit,) = compare([resource], {resource.key: None})
    assert (edit.before, edit.after, edit.changes, edit.title) == (None, {}, (), "client kcb")


def test_only_what_differs_is_written_in_the_order_wanted() -> None:
    wanted = [Resource(Kind.CLIENT, name, {"enabled": True}) for name in ("b", "same", "a")]
    actual = {
        (Kind.CLIENT, "same"): {"enabled": True, "id": "1"},
        (Kind.CLIENT, "a"): {"enabled": False, "id": "2"},
    }
    edits = compare(wanted, actual)
    assert [edit.resource.name for edit in edits] == ["b", "a"]
    assert edits[1].after == {"enabled": True, "id": "2"}
