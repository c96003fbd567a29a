"""Seed 001, « Consultation en ligne »: word for word, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kc_bridge.domain.consultation import university_year
from kc_bridge.store.models import Affiliation, Identifier
from tests.e2e.visitor import Visitor
from tests.support.stack import Stack

NUMBER = "22601234"
BORN = date(2007, 3, 31)


def test_seed_001_consultation(um: Stack, visit: Callable[..., Visitor]) -> None:
    person, year = um.person(), university_year(um.services.today())
    with um.services.sessions.begin() as db:
        db.merge(person).birth_date = BORN
        db.add(Identifier(person_id=person.id, kind="student_number", value=NUMBER))
        for number, (label, status) in enumerate(
            [
                ("Licence 1 Informatique", "valid"),
                ("Diplôme universitaire de journalisme scientifique", "cancelled"),
            ]
        ):
            db.add(
                Affiliation(
                    person_id=person.id,
                    population="student",
                    source="test",
                    source_key=f"consultation-{number}",
                    year=year,
                    programme=f"PRG{number}",
                    label=label,
                    status=status,
                )
            )
    visitor = visit().open(f"{um.url}/aide")
    visitor.press("Retrouver mon identifiant et mes inscriptions de l'année")

    visitor.sees("Consultation en ligne")
    assert visitor.page.get_by_role("heading", name="Identification", exact=True).is_visible()
    for words in (
        "Informations :",
        "Vous pouvez consulter toutes vos inscriptions pour l'année en cours.",
        "Pour tout complément d'informations, veuillez contacter votre service de scolarité.",
        "Merci de vous identifier :",
        "Votre numéro d'étudiant est indiqué sur votre carte d'étudiant",
    ):
        assert words in visitor.words
    number = visitor.page.get_by_label("Numéro étudiant :", exact=True)
    born = visitor.page.get_by_label("Date de naissance (jjmmaaaa) :", exact=True)
    number.fill(NUMBER)
    born.fill("31032007")
    visitor.press("Continuer")
    visitor.sees("Consultation en ligne")
    assert visitor.rows["Identifiant"] == person.login
    for words in (
        f"{year}/{year + 1}",
        "Licence 1 Informatique PRG0 · Inscription : Validée",
        "Diplôme universitaire de journalisme scientifique PRG1 · Inscription : Annulée",
    ):
        assert words in visitor.words
    visitor.inspect("consultation")

    visitor.page.go_back()
    assert visitor.page.get_by_label("Numéro étudiant :", exact=True).is_visible()
    assert person.login not in visitor.text

    number.fill(NUMBER)
    born.fill("31032006")
    visitor.press("Continuer")
    assert "Aucune inscription de l'année en cours ne correspond" in visitor.words
    visitor.inspect("consultation-form")
