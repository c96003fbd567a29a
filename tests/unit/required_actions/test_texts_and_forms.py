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
from kc_bridge.services import EXTENSION
from required_actions.password_rules import QUIET, TEXTS, rules, violation_texts, weakness_text
from required_actions.password_strength import Habit, Strength
from required_actions.plain_text import to_html
from required_actions.registry import Fields, Step, get, page_form
from tests.support.bridge import services_of


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
    policies = [{"id": name, "value": 3} for name in TEXTS]
    policies += [{"id": name, "value": 1} for name in QUIET] + [{"id": "unheard-of", "value": None}]
    shown = {}
    for locale in ("fr", "en"):
        with force_locale(locale):
            shown[locale] = rules(policies)
    assert [rule.id for rule in shown["fr"]] == [*TEXTS, "unheard-of"]
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


@pytest.mark.usefixtures("_request")
def test_a_pattern_says_what_the_university_means_by_it(app: Flask) -> None:
    texts = {"^\\S+$": {"fr": "sans espace", "en": "without spaces"}, "^[a-z]+$": {"fr": "en minuscules"}}
    kcb = services_of(app)
    policy = kcb.profile.password_policy.model_copy(update={"regex_texts": texts})
    profile = kcb.profile.model_copy(update={"password_policy": policy})
    app.extensions[EXTENSION] = replace(kcb, profile=profile)
    broken = [Violation("regexPattern", "x", (pattern,)) for pattern in (*texts, "^.{3}$")]
    with force_locale("en"):
        assert rules([{"id": "regexPattern", "value": "^\\S+$"}])[0].text == "without spaces"
    with force_locale("fr"):
        assert violation_texts(broken) == [
            "Il doit être sans espace.",
            "Il doit être en minuscules.",
            "Il doit être composé uniquement de caractères permis par votre université.",
        ]


@pytest.mark.usefixtures("_request")
def test_every_violation_is_said_and_in_the_rules_order() -> None:
    broken = [Violation("unheard-of", "x"), Violation("notUsername", "x"), Violation("length", "x", (1,))]
    with force_locale("fr"):
        said = violation_texts(broken)
    assert said[0] == "Il faut au moins 1 caractère."
    assert said[1] == "Il doit être différent de votre identifiant."
    assert "unheard-of" in said[2]


@pytest.mark.usefixtures("_request")
def test_a_form_has_the_fields_of_all_its_steps_in_order_and_no_other() -> None:
    def names(*steps: str) -> list[str]:
        return [name for name in page_form([get(step) for step in steps], {})._fields if name != "csrf_token"]

    assert names("charter", "new_password") == ["charter_text", "accept", "password", "confirmation"]
    assert names("new_password", "charter") == ["password", "confirmation", "charter_text", "accept"]
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
