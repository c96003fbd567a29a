"""The password page sent in: whose rules are said, when, and what never comes back."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from kc_bridge.adapters.breached_passwords import BreachedPasswords
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.services import EXTENSION
from tests.support.bridge import FakeRealm, make_person, services_of
from tests.support.stolen_passwords import write_list
from tests.support.visitor import PASSWORD, Visitor

PAGE = "/activation/new-password"
TOO_SHORT = "Il faut au moins 12 caractères."
EASY = "Il doit être difficile à deviner"
STOLEN = "Il figure dans des listes de mots de passe volés"
DIFFER = "Les deux saisies diffèrent"


def at_password_page(app: Flask, realm: FakeRealm, **person: Any) -> Visitor:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app, **person), acts=["kcb-new-password"], act="kcb-new-password")
    return visitor


def choose(visitor: Visitor, password: str, again: str | None = None) -> tuple[list[str], str]:
    """Errors the summary lists, and the page."""
    fields = {"password": password, "confirmation": password if again is None else again}
    answer = visitor.post(PAGE, fields)
    page = answer.get_data(as_text=True)
    summary = page.partition("error-summary")[2].partition("</div>")[0]
    return [unescape(text) for text in re.findall(r'<li><a href="#\w+">(.*?)</a>', summary)], page


def begins(errors: list[str], *expected: str) -> bool:
    return len(errors) == len(expected) and all(map(str.startswith, errors, expected))


def configure(app: Flask, **steps: dict[str, Any]) -> None:
    kcb = services_of(app)
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"steps": steps}))


def test_keycloaks_rules_and_ours_at_once(app: Flask, realm: FakeRealm) -> None:
    errors, page = choose(at_password_page(app, realm), "soleil12")
    assert begins(errors, TOO_SHORT, EASY)
    assert "Évitez les mots courants" in errors[1]
    assert "trois ou quatre mots sans lien entre eux" in errors[1]
    assert "soleil12" not in page
    assert realm.checked == ["soleil12"]
    assert realm.completed == []


def test_keycloaks_rules_alone_are_said_by_keycloak(app: Flask, realm: FakeRealm) -> None:
    errors, _page = choose(at_password_page(app, realm), "Xk9$mQ2!vLp")
    assert begins(errors, TOO_SHORT)
    assert realm.checked == []
    assert [body["password"] for body in realm.completed] == ["Xk9$mQ2!vLp"]


def test_another_mistake_on_the_page_hides_no_rule(app: Flask, realm: FakeRealm) -> None:
    errors, _page = choose(at_password_page(app, realm), "Xk9$mQ2!vLp", "autre")
    assert begins(errors, TOO_SHORT, DIFFER)
    assert realm.completed == []


def test_nothing_typed_is_one_mistake_a_field(app: Flask, realm: FakeRealm) -> None:
    errors, _page = choose(at_password_page(app, realm), "")
    assert begins(errors, "Choisissez un mot de passe", "Saisissez le mot de passe une seconde fois")
    assert realm.checked == []


@pytest.mark.parametrize(
    "password",
    [
        "Camille-2026!",
        "O'Connor-17021999",
        "oconnor19990217",
        "Univ-demo-2026",
        "Delaunay-delaunay1",
        "petit.ours-1234",
    ],
)
def test_what_others_know_of_this_person(app: Flask, realm: FakeRealm, password: str) -> None:
    visitor = at_password_page(
        app,
        realm,
        birth_date=date(1999, 2, 17),
        birth_name="Delaunay",
        personal_mail="petit.ours@perso.example",
    )
    errors, _page = choose(visitor, password)
    assert begins(errors, EASY)
    assert "ce que d'autres savent de vous" in errors[0]


def test_a_password_everybody_uses(app: Flask, realm: FakeRealm) -> None:
    configure(app, new_password={"strength": 0})
    errors, _page = choose(at_password_page(app, realm), "QwertY123456")
    assert begins(errors, STOLEN)


def test_a_password_of_the_list(app: Flask, realm: FakeRealm, tmp_path: Path) -> None:
    stolen = BreachedPasswords(write_list(tmp_path / "list.txt", ["cheval lampe nuage trottinette"]))
    app.extensions[EXTENSION] = replace(services_of(app), breached_passwords=stolen)
    visitor = at_password_page(app, realm)
    errors, page = choose(visitor, "cheval lampe nuage trottinette")
    assert begins(errors, STOLEN)
    assert "trottinette" not in page
    assert choose(visitor, "cheval lampe nuage trottinettes")[0] == []


def ask(app: Flask, **policy: Any) -> None:
    """Has the university ask this of passwords, and nothing hard to guess."""
    configure(app, new_password={"strength": 0})
    kcb = services_of(app)
    profile = kcb.profile.model_copy(update={"password_policy": PasswordPolicy(**policy)})
    app.extensions[EXTENSION] = replace(kcb, profile=profile)


@pytest.mark.parametrize("word", ["Dictionnaires2026!", "Université-2026", "O'Connor-34567", "CAMILLE00000"])
def test_a_word_of_the_dictionary_or_a_name(app: Flask, realm: FakeRealm, word: str) -> None:
    ask(app, dictionary=True, recommended_length=16)
    visitor = at_password_page(app, realm)
    shown = unescape(visitor.get(PAGE).get_data(as_text=True))
    assert "pas seulement un mot du dictionnaire ou un nom" in shown
    assert "Nous vous conseillons 16 caractères ou plus." in shown
    errors, page = choose(visitor, word)
    assert begins(errors, "Un mot du dictionnaire ou un nom")
    assert word not in page
    assert choose(visitor, f"{word} encore")[0] == []


def test_no_dictionary_unless_the_university_asks(app: Flask, realm: FakeRealm) -> None:
    ask(app)
    visitor = at_password_page(app, realm)
    shown = unescape(visitor.get(PAGE).get_data(as_text=True))
    assert "dictionnaire" not in shown
    assert "Nous vous conseillons" not in shown
    assert choose(visitor, "Dictionnaires2026!")[0] == []


def test_the_name_in_the_login_is_the_login(app: Flask, realm: FakeRealm) -> None:
    """« camille-1a2b@etu.univ.test »: Keycloak looks for the whole of it."""
    ask(app, not_contains_username=True)
    person = make_person(app)
    visitor = Visitor(app)
    visitor.enter(realm, person, acts=["kcb-new-password"], act="kcb-new-password")
    name = person.login.partition("@")[0]
    errors, page = choose(visitor, f"mon {name.upper()} 2026")
    assert begins(errors, "Il doit être sans votre identifiant.")
    assert name.upper() not in page


def test_every_judgement_is_made_on_this_machine(
    app: Flask, realm: FakeRealm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strength, stolen passwords, words: with no network at all (Keycloak is a fake without one)."""
    ask(app, dictionary=True)
    configure(app, new_password={"strength": 3})
    stolen = BreachedPasswords(write_list(tmp_path / "list.txt", ["Dictionnaires"]))
    app.extensions[EXTENSION] = replace(services_of(app), breached_passwords=stolen)
    visitor = at_password_page(app, realm)

    def refuse(*_address: object) -> None:
        raise AssertionError("a password must not go anywhere")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    errors, _page = choose(visitor, "Dictionnaires")
    assert begins(errors, STOLEN, "Un mot du dictionnaire ou un nom", EASY)


@pytest.mark.parametrize(("threshold", "refused"), [(0, False), (1, False), (2, True), (3, True), (4, True)])
def test_the_university_says_how_hard(app: Flask, realm: FakeRealm, threshold: int, refused: bool) -> None:
    configure(app, new_password={"strength": threshold})
    visitor = at_password_page(app, realm)
    assert ("difficile à deviner" in visitor.get(PAGE).get_data(as_text=True)) is (threshold > 0)
    errors, _page = choose(visitor, "P@ssw0rd1234")  # score 1
    assert bool(errors) is refused


@pytest.mark.parametrize(
    "password",
    [
        f"  {PASSWORD}  ",
        PASSWORD * 20,
        "e\u0301toile-cheval-lampe-nuage",
        "étoile-cheval-lampe-nuage",
        "\u212bngström-ﬁnal-lampe-nuage",
        "чёрный-кот-на-крыше",
        "🦄-cheval-lampe-nuage",
    ],
    ids=["spaces", "long", "decomposed", "composed", "compatibility", "cyrillic", "emoji"],
)
def test_nothing_is_rewritten(app: Flask, realm: FakeRealm, password: str) -> None:
    errors, _page = choose(at_password_page(app, realm), password)
    assert errors == []
    assert [body["password"] for body in realm.completed] == [password]


def test_the_page_welcomes_managers_and_pasting(app: Flask, realm: FakeRealm) -> None:
    page = at_password_page(app, realm).get(PAGE).get_data(as_text=True)
    fields = re.findall(r"<input[^>]*type=\"password\"[^>]*>", page)
    assert len(fields) == 2
    for field in fields:
        assert 'autocomplete="new-password"' in field
        assert not re.search(r"maxlength|onpaste|pattern=| value=\"[^\"]", field)
    assert re.search(r'name="username" value="camille-[^"]+" autocomplete="username"', page)
