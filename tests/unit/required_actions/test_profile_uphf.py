"""The shipped profile of the UPHF: complete, checked as at start, and only as strict as its procedure."""

from __future__ import annotations

from required_actions.profile_check import checked

PROFILE = checked("uphf")


def test_one_journey_for_everybody_entered_by_a_number() -> None:
    (journey,) = PROFILE.journeys
    assert set(journey.populations) == set(PROFILE.mail_domains) == {"student", "staff", "guest"}
    assert journey.entrances == ["identify"]
    assert journey.identify_by == ["student_number", "ine", "staff_number", "uid"]
    assert not PROFILE.mails_links
    said = {page.steps[0]: page.percent for page in journey.pages}
    assert said | {"photo_use": None} == {
        "security_question": 60,
        "sms_consent": 80,
        "photo_use": None,
        "new_password": 90,
        "summary": 100,
    }
    assert ["new_password", "charter"] in [page.steps for page in journey.pages]


def test_every_text_is_in_both_languages() -> None:
    for page in PROFILE.journeys[0].pages:
        assert set(page.title) in (set(), {"fr", "en"})
    for options in PROFILE.steps.values():
        for text in (options.get("advice"), options.get("later"), options.get("label"), options.get("intro")):
            assert text is None or set(text) == {"fr", "en"}
    assert all(set(question) == {"fr", "en"} for question in PROFILE.steps["security_question"]["questions"])


def test_the_question_of_the_procedure_is_there_and_last() -> None:
    questions = [question["fr"] for question in PROFILE.steps["security_question"]["questions"]]
    assert questions.index("Quel est le nom de jeune fille de votre mère ?") == len(questions) - 1 > 2
    assert PROFILE.recovery == "link-and-question"
