"""Where somebody stands in a journey."""

from __future__ import annotations

import pytest

from kc_bridge.domain.journey import (
    Progress,
    action_id,
    actions_of,
    current,
    keycloak_actions,
    pages_for,
    pages_for_actions,
    progress,
    steps_of,
)
from kc_bridge.domain.profile import JourneySpec, Page

CHARTER = Page(steps=["charter"])
MAIL = Page(steps=["backup_mail", "sms_consent"], options={"backup_mail": {"verify": True}})
PASSWORD = Page(steps=["new_password"])
SUMMARY = Page(steps=["summary"])
SPEC = JourneySpec(name="activation", populations=["student"], pages=[CHARTER, MAIL, PASSWORD, SUMMARY])
ALL = ["kcb-charter", "kcb-backup-mail", "kcb-sms-consent", "kcb-new-password"]


def steps(pages: list[Page]) -> list[list[str]]:
    return [page.steps for page in pages]


@pytest.mark.parametrize("step", SPEC.steps)
def test_names_go_both_ways(step: str) -> None:
    assert action_id(step) == "kcb-" + step.replace("_", "-")
    assert steps_of(action_id(step), []) == [step]


def test_keycloak_knows_nothing_of_the_summary() -> None:
    assert keycloak_actions(SPEC) == ALL
    assert actions_of(["summary"]) == []


def test_the_journey_decides_the_order() -> None:
    assert steps(pages_for(SPEC, ALL[::-1], [])) == steps(SPEC.pages)


def test_keycloak_decides_what_is_asked() -> None:
    found = pages_for(SPEC, ["kcb-new-password", "kcb-sms-consent"], [])
    assert steps(found) == [["sms_consent"], ["new_password"], ["summary"]]
    assert found[0].options == {"backup_mail": {"verify": True}}


def test_steps_done_keep_their_place() -> None:
    assert steps(pages_for(SPEC, ["kcb-new-password"], ["charter"])) == [
        ["charter"],
        ["new_password"],
        ["summary"],
    ]


def test_actions_the_journey_does_not_know_come_first() -> None:
    found = pages_for(SPEC, ["kcb-photo-use", "kcb-charter", "kcb-extra"], [])
    assert steps(found) == [["photo_use"], ["extra"], ["charter"], ["summary"]]


def test_actions_alone_have_no_summary() -> None:
    assert steps(pages_for_actions(SPEC, ["kcb-new-password", "kcb-extra"])) == [["extra"], ["new_password"]]


@pytest.mark.parametrize(
    ("done", "index"),
    [
        ([], 0),
        (["new_password", "summary"], 0),
        (["charter"], 1),
        (["charter", "backup_mail"], 1),
        (["charter", "backup_mail", "sms_consent"], 2),
        (["charter", "backup_mail", "sms_consent", "new_password"], 3),
        (SPEC.steps, 3),
    ],
)
def test_the_current_page_is_the_first_not_done(done: list[str], index: int) -> None:
    assert current(SPEC.pages, done) == index


def test_progress_counts_pages() -> None:
    assert progress(SPEC.pages, 2) == Progress(number=3, total=4)
    assert [progress(SPEC.pages, index).percent for index in range(4)] == [0, 25, 50, 75]


def test_plug_in_steps_are_one_action_for_keycloak() -> None:
    card, locker = Page(steps=["library_card"]), Page(steps=["locker"])
    spec = JourneySpec(
        name="activation", populations=["student"], pages=[card, CHARTER, locker, PASSWORD, SUMMARY]
    )
    assert keycloak_actions(spec) == ["kcb-extra", "kcb-charter", "kcb-new-password"]
    assert pages_for(spec, ["kcb-extra"], ()) == [card, locker, SUMMARY]
    assert pages_for_actions(spec, ["kcb-extra"]) == [card, locker]


def test_a_plug_in_step_people_may_do_alone() -> None:
    assert pages_for_actions(SPEC, ["kcb-extra"], ["library_card", "sms_consent"]) == [
        Page(steps=["library_card"])
    ]


def test_an_extra_action_nobody_wrote_is_asked_for_by_its_name() -> None:
    assert steps_of("kcb-extra", SPEC.steps) == ["extra"]


def test_progress_counts_as_the_universitys_instructions_do() -> None:
    """Two stages at Keycloak's login come first, and waiting for the mail is one of its own."""
    pages = [MAIL.model_copy(update={"stages_before": 2, "stages": 2}), CHARTER, PASSWORD]
    assert progress(pages, 0) == Progress(number=3, total=6)
    assert progress(pages, 0, waiting=True) == Progress(number=4, total=6)
    assert [progress(pages, index).number for index in (1, 2)] == [5, 6]
    assert progress([CHARTER, MAIL], 1, waiting=True) == Progress(number=2, total=2), (
        "elsewhere it is the same stage"
    )
