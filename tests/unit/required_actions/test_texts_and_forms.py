"""Texts of a profile as HTML, rules and violations in words, and a page's form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from wtforms import BooleanField, StringField

from kc_bridge.domain.errors import ConfigurationError, Violation
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.services import EXTENSION
from required_actions.password_rules import QUIET, TEXTS, advice, rules, violation_texts, weakness_text
from required_actions.password_strength import Habit, Strength
from required_actions.plain_text import to_html
from required_actions.registry import Fields, Step, get, page_form
from tests.support.bridge import services_of

DEMANDS = {"letters", "specialAmong", "noSpace", "forbidden", "pattern"}
"""Rules of ours that reach Keycloak as one expression."""


@pytest.fixture
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context(
        "/", method="POST", data={"accept": "y", "password": " p ", "uid": "admin"}
    ):
        yield


def test_blocks() -> None:
    text = "\n## Titre\nun\ndeux\n\ntrois\n- a\n- b\n\n## Fin\n"
    assert to_html(text).split("\n") == [
        "<h3>Titre</h3>",
        "<p>un deux</p>",
        "<p>trois</p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<h3>Fin</h3>",
    ]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('## <img src=x onerror="a">', "<h3>&lt;img src=x onerror=&#34;a&#34;&gt;</h3>"),
        ("- <b>a</b> & {b}", "<ul><li>&lt;b&gt;a&lt;/b&gt; &amp; {b}</li></ul>"),
        ("{0} {} {x} %s %(x)s", "<p>{0} {} {x} %s %(x)s</p>"),
        ("&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("", ""),
        ("##not a heading", "<p>##not a heading</p>"),
    ],
)
def test_nothing_of_a_text_is_markup(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.usefixtures("_request")
def test_every_rule_has_words_in_both_languages() -> None:
    policies = [{"id": name, "value": 3} for name in TEXTS if name not in DEMANDS]
    policies += [{"id": name, "value": 1} for name in QUIET] + [{"id": "unheard-of", "value": None}]
    shown = {}
    for locale in ("fr", "en"):
        with force_locale(locale):
            shown[locale] = rules(policies)
    assert [rule.id for rule in shown["fr"]] == [
        *(name for name in TEXTS if name not in DEMANDS),
        "unheard-of",
    ]
    for french, english in zip(shown["fr"], shown["en"], strict=True):
        assert french.text != english.text
        assert french.text
    assert shown["fr"][0].text == "au moins 3 caractères"
    assert "unheard-of" in shown["fr"][-1].text


@pytest.mark.usefixtures("_request")
@pytest.mark.parametrize(
    ("value", "parameters"), [(12, [12]), ("undefined", []), ("", []), (None, []), ("^a$", ["^a$"])]
)
def test_parameters_for_the_script(value: Any, parameters: list[Any]) -> None:
    (rule,) = rules([{"id": "regexPattern", "value": value}])
    assert rule.parameters == parameters


SLASHES = {
    "[^/]*": {"fr": "sans barre oblique", "en": "without slashes"},
    "[^%]*": {"fr": "sans pourcentage"},
}


@pytest.fixture
def expression(app: Flask) -> str:
    """Of a policy with every kind of demand."""
    kcb = services_of(app)
    policy = PasswordPolicy(
        letters=2, special_chars=1, special_among="!%", forbidden="<>", spaces=False,
        regex=list(SLASHES), regex_texts=SLASHES,
    )  # fmt: skip
    profile = kcb.profile.model_copy(update={"password_policy": policy})
    app.extensions[EXTENSION] = replace(kcb, profile=profile)
    assert policy.expression
    return policy.expression


@pytest.mark.usefixtures("_request")
def test_one_expression_of_keycloaks_is_as_many_rules_to_people(expression: str) -> None:
    with force_locale("fr"):
        told = rules([{"id": "regexPattern", "value": expression}, {"id": "length", "value": 9}])
    assert [(rule.id, rule.text, rule.parameters) for rule in told] == [
        ("length", "au moins 9 caractères", [9]),
        ("letters", "au moins 2 lettres", [2]),
        ("specialAmong", "au moins 1 caractère spécial parmi ! %", [1, "!%"]),
        ("noSpace", "sans espace", []),
        ("forbidden", "sans aucun des caractères < >", ["<>"]),
        ("pattern", "sans barre oblique", ["[^/]*"]),
        ("pattern", "sans pourcentage", ["[^%]*"]),
    ]
    with force_locale("en"):
        told = rules([{"id": "regexPattern", "value": expression}])
    assert [rule.text for rule in told][-2:] == ["without slashes", "sans pourcentage"]


@pytest.mark.usefixtures("_request")
def test_people_are_told_which_of_them_a_password_lacks(expression: str) -> None:
    broken = [Violation("regexPattern", "x", (expression,)), Violation("length", "x", (9,))]
    with force_locale("fr"):
        assert violation_texts(broken, "a <b%") == [
            "Il faut au moins 9 caractères.",
            "Il doit être sans espace.",
            "Il doit être sans aucun des caractères < >",
            "Il doit être sans pourcentage.",
        ]
        assert violation_texts(broken[:1], "1/2") == [
            "Il faut au moins 2 lettres.",
            "Il faut au moins 1 caractère spécial parmi ! %",
            "Il doit être sans barre oblique.",
        ]


@pytest.mark.usefixtures("_request")
def test_keycloak_decides_when_we_read_a_character_otherwise(expression: str) -> None:
    """No demand is unmet for us: all of them are said, rather than nothing."""
    with force_locale("fr"):
        assert len(violation_texts([Violation("regexPattern", "x", (expression,))], "ab!")) == 6


@pytest.mark.usefixtures("_request", "expression")
def test_an_administrators_own_expression_means_nothing_to_us() -> None:
    with force_locale("fr"):
        assert violation_texts([Violation("regexPattern", "x", ("^.{3}$",))], "ab") == [
            "Il doit être composé uniquement de caractères permis par votre université."
        ]


@pytest.mark.usefixtures("_request")
@pytest.mark.parametrize("length", [None, 16])
def test_advice(app: Flask, length: int | None) -> None:
    kcb = services_of(app)
    policy = PasswordPolicy(recommended_length=length)
    app.extensions[EXTENSION] = replace(
        kcb, profile=kcb.profile.model_copy(update={"password_policy": policy})
    )
    with force_locale("fr"):
        assert advice() == ("Nous vous conseillons 16 caractères ou plus." if length else "")


@pytest.mark.usefixtures("_request")
def test_every_violation_is_said_and_in_the_rules_order() -> None:
    broken = [Violation("unheard-of", "x"), Violation("notUsername", "x"), Violation("length", "x", (1,))]
    with force_locale("fr"):
        said = violation_texts(broken, "")
    assert said[0] == "Il faut au moins 1 caractère."
    assert said[1] == "Il doit être différent de votre identifiant."
    assert "unheard-of" in said[2]


@pytest.mark.usefixtures("_request")
def test_a_form_has_the_fields_of_all_its_steps_in_order_and_no_other() -> None:
    def names(*steps: str) -> list[str]:
        return [name for name in page_form([get(step) for step in steps], {})._fields if name != "csrf_token"]

    password = ["password", "confirmation", "end_sessions"]
    assert names("charter", "new_password") == ["charter_text", "accept", *password]
    assert names("new_password", "charter") == [*password, "charter_text", "accept"]
    form = page_form([get("charter"), get("new_password")], {})
    assert form.data["accept"] is True
    assert form.data["password"] == " p "  # nothing is stripped
    assert "uid" not in form.data


@pytest.mark.usefixtures("_request")
def test_a_step_without_fields() -> None:
    class One(Fields):
        first = StringField()

    class Two(Fields):
        second = BooleanField()

    def step(fields: type[Fields]) -> Step:
        made = Step()
        made.fields = fields
        return made

    form = page_form([step(One), step(Fields), step(Two)], {})
    assert [name for name in form._fields if name != "csrf_token"] == ["first", "second"]


@pytest.mark.usefixtures("_request")
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_weakness_has_words_that_say_what_to_do(locale: str) -> None:
    with force_locale(locale):
        said = [weakness_text(Strength(0, (habit,))) for habit in Habit]
        said.append(weakness_text(Strength(0, ())))
        together = weakness_text(Strength(0, (Habit.REPEAT, Habit.DATE)))
    assert len(set(said)) == len(Habit) + 1
    example = {"fr": "trois ou quatre mots", "en": "three or four words"}[locale]
    assert all(example in text for text in said)
    assert {"fr": "les répétitions et les dates", "en": "repetitions and dates"}[locale] in together


def test_a_step_nobody_wrote(app: Flask) -> None:
    with pytest.raises(ConfigurationError, match="unheard-of"):
        get("unheard-of")
