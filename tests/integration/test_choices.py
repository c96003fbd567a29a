"""What people choose about themselves, on the real Keycloak: in one activation, changed later, and withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import Person
from required_actions.secret_answers import matches
from required_actions.security_questions import PROPOSED
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import FINISHED
from tests.support.choices import COMPLETE, everything_kept
from tests.support.entrances import KNOWN, active_person, ask_for, begin, is_inside_wizard, told, walk
from tests.support.stack import Stack, start_stack
from tests.support.walker import Page, Walker

ACTIONS = ["kcb-security-question", "kcb-sms-consent", "kcb-photo-use", "kcb-directory-visibility"]
QUESTION = PROPOSED[0]["fr"]
PHONE = "0692 12 34 56"
TOGETHER = "Usage de votre photo · Votre visibilité dans l'annuaire"
CHOICES = {"kcbSmsConsent", "supannTelephonePrive", "kcbPhotoUse", "kcbDirectoryVisibility"}


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=COMPLETE)
    yield stack
    stack.stop()


def choices(stack: Stack, person: Person) -> dict[str, list[str]]:
    """What Keycloak holds of them."""
    return {name: value for name, value in stack.user(person)["attributes"].items() if name in CHOICES}


def proofs(stack: Stack, person: Person, use: str) -> list[bool]:
    with stack.services.sessions() as db:
        rows = db.query(Consent).filter_by(person_id=person.id, use=use).order_by(Consent.id)
        return [row.given for row in rows]


def events(stack: Stack, person: Person) -> list[dict[str, Any]]:
    """Details of the steps' events, oldest first; those of one page in any order."""
    query = {"user": person.keycloak_id, "type": "CUSTOM_REQUIRED_ACTION", "max": 50}
    return [event["details"] for event in reversed(stack.realm.call("GET", "events", params=query))]


def change(stack: Stack, walker: Walker, action: str, **answers: str) -> Page:
    """Does one step again, asked for by the application; back at the application."""
    page = walk(stack, walker, ask_for(stack, walker, action), **answers)
    assert told(stack, walker)["kc_action_status"] == "success"
    return page


def test_all_in_one_activation(stack: Stack) -> None:
    credentials = [{"type": "password", "value": KNOWN, "temporary": False}]
    person, walker = stack.person(actions=ACTIONS, credentials=credentials), Walker()

    page = begin(stack, walker, person)
    assert page.title == "Votre question joker"
    page = walker.send(page, security_question=QUESTION, security_answer="Lapin Bleu !")
    assert page.title == "Messages SMS de l'université"
    page = walker.send(page, sms_consent="yes", sms_phone=PHONE)
    assert page.title == TOGETHER
    page = walker.send(page, photo_use="yes", directory_visibility="no")

    assert page.title == FINISHED
    for told_to_them in (
        "Question joker Correctement enregistré",
        "Choix pour les SMS Correctement enregistré : oui",
        "Choix d'usage de la photo Correctement enregistré : oui",
        "Visibilité dans l'annuaire Correctement enregistré : non",
    ):
        assert told_to_them in page.text
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    assert choices(stack, person) == {
        "kcbSmsConsent": ["true"],
        "supannTelephonePrive": ["{MOBPERSO}+262692123456"],
        "kcbPhotoUse": ["true"],
        "kcbDirectoryVisibility": ["false"],
    }
    assert stack.user(person)["requiredActions"] == []
    with stack.services.sessions() as db:
        kept = db.get_one(SecurityAnswer, person.id)
    assert kept.question == QUESTION
    assert matches(kept.answer_hash, "lapin bleu")
    assert stack.reread(person).phone == "+262692123456"

    told_to_administrators = events(stack, person)
    steps = {each["custom_required_action"]: each for each in told_to_administrators}
    assert steps.keys() == set(ACTIONS)
    assert steps["kcb-security-question"]["kcb_question"] == "listed"
    assert [steps[action].get("kcb_given") for action in ACTIONS[1:]] == ["true", "true", "false"]
    written = set(steps["kcb-sms-consent"]["kcb_attributes"].replace(",", " ").split())
    assert {"kcbSmsConsent", "supannTelephonePrive"} <= written
    said = repr(told_to_administrators).lower()
    assert "692123456" not in said
    assert "lapin" not in said


def test_text_messages_withdrawn_and_allowed_again(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    begin(stack, walker, person)

    change(stack, walker, "kcb-sms-consent", sms_phone=PHONE)
    assert choices(stack, person)["supannTelephonePrive"] == ["{MOBPERSO}+262692123456"]
    change(stack, walker, "kcb-sms-consent", sms_consent="no", sms_phone=PHONE)
    assert choices(stack, person) == {"kcbSmsConsent": ["false"]}  # the number is gone, not emptied
    assert stack.reread(person).phone is None
    change(stack, walker, "kcb-sms-consent", sms_phone="+32 470 12 34 56")
    assert choices(stack, person)["supannTelephonePrive"] == ["{MOBPERSO}+32470123456"]

    assert proofs(stack, person, "sms_consent") == [True, False, True]
    assert [each["kcb_given"] for each in events(stack, person)] == ["true", "false", "true"]


def test_going_back_corrects_what_keycloak_holds(stack: Stack) -> None:
    credentials = [{"type": "password", "value": KNOWN, "temporary": False}]
    person, walker = stack.person(actions=ACTIONS, credentials=credentials), Walker()
    page = begin(stack, walker, person)
    page = walker.send(page, security_question=QUESTION, security_answer="Lapin Bleu !")
    page = walker.send(page, sms_consent="yes", sms_phone="06 39 98 24 68")
    assert choices(stack, person)["supannTelephonePrive"] == ["{MOBPERSO}+33639982468"]

    page = walker.send(walker.get(page.link("Retour")), sms_consent="no")

    assert page.title == TOGETHER
    assert choices(stack, person) == {"kcbSmsConsent": ["false"]}
    assert walker.send(page, photo_use="no", directory_visibility="no").title == FINISHED
    assert "639982468" not in everything_kept(stack.app)


@pytest.mark.parametrize(
    ("action", "field", "attribute"),
    [
        ("kcb-photo-use", "photo_use", "kcbPhotoUse"),
        ("kcb-directory-visibility", "directory_visibility", "kcbDirectoryVisibility"),
    ],
)
def test_yes_then_no(stack: Stack, action: str, field: str, attribute: str) -> None:
    person, walker = active_person(stack), Walker()
    begin(stack, walker, person)
    for answer, held in (("yes", "true"), ("no", "false")):
        change(stack, walker, action, **{field: answer})
        assert choices(stack, person) == {attribute: [held]}
    assert proofs(stack, person, field) == [True, False]


def test_minors_read_of_a_paper_and_choose_nothing(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    today = stack.services.today()
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).birth_date = date(today.year - 17, 1, 1)
    begin(stack, walker, person)

    page = ask_for(stack, walker, "kcb-photo-use")

    assert is_inside_wizard(stack, page)
    assert "votre responsable légal donne cet accord par écrit" in page.text
    assert "photo_use" not in page.form("csrf_token").names
    assert walker.send(page).url.startswith(stack.ent_url)
    assert choices(stack, person) == {"kcbPhotoUse": ["false"]}
    assert proofs(stack, person, "photo_use") == [False]


def test_another_question_replaces_the_first(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    begin(stack, walker, person)
    change(stack, walker, "kcb-security-question", security_question=QUESTION, security_answer="Lapin")
    change(stack, walker, "kcb-security-question", security_question="own", security_answer="Une valise")
    with stack.services.sessions() as db:
        kept = db.get_one(SecurityAnswer, person.id)
    assert kept.question == "Quel objet ai-je perdu dans le train ?"
    assert matches(kept.answer_hash, "une valise")
    assert choices(stack, person) == {}
