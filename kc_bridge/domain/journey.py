"""Where somebody stands in a journey: pure decisions on pages, steps done and actions pending.

The Keycloak console decides *whether* an action is asked of somebody (``acts``); the journey decides order and
options. Steps without a Keycloak action (the summary) belong to the journey alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kc_bridge.domain.profile import JourneySpec, Page

__all__ = [
    "BRIDGE_ONLY",
    "EXTRA",
    "KEYCLOAK_STEPS",
    "Progress",
    "action_id",
    "actions_of",
    "current",
    "keycloak_actions",
    "pages_for",
    "pages_for_actions",
    "progress",
    "steps_of",
]

BRIDGE_ONLY = frozenset({"summary"})
"""Steps that only show something: Keycloak knows nothing of them."""

PREFIX = "kcb-"
KEYCLOAK_STEPS = frozenset(
    {
        "charter",
        "backup_mail",
        "mail_forwarding",
        "security_question",
        "sms_consent",
        "photo_use",
        "directory_visibility",
        "new_password",
    }
)
"""Steps with a required action of their own in the JAR."""
OURS = KEYCLOAK_STEPS | BRIDGE_ONLY
EXTRA = "kcb-extra"
"""The one required action of all plug-in steps: Keycloak needs a Java class for each, and they have none."""


@dataclass(frozen=True)
class Progress:
    """« Étape 3 sur 5 », or « 60 % » where the profile says so."""

    number: int
    total: int
    stated: int | None = None
    """Per cent, as the profile has it."""

    @property
    def percent(self) -> int:
        """Share of the pages already behind."""
        return self.stated if self.stated is not None else round(100 * (self.number - 1) / self.total)


def action_id(step: str) -> str:
    """Keycloak's provider id of a step: ``new_password`` → ``kcb-new-password``; :data:`EXTRA` for a plug-in's."""
    return PREFIX + step.replace("_", "-") if step in OURS else EXTRA


def steps_of(action: str, offered: Collection[str]) -> list[str]:
    """The steps a provider id stands for: ``kcb-new-password`` → ``new_password``, :data:`EXTRA` → those of the
    ``offered`` that plug-ins bring."""
    if action == EXTRA:
        return [step for step in offered if step not in OURS] or ["extra"]
    return [action.removeprefix(PREFIX).replace("-", "_")]


def actions_of(steps: Collection[str]) -> list[str]:
    """Provider ids of the steps that are Keycloak actions, in the order given."""
    return list(dict.fromkeys(action_id(step) for step in steps if step not in BRIDGE_ONLY))


def keycloak_actions(journey: JourneySpec) -> list[str]:
    """The required actions a new account of this journey starts with."""
    return actions_of(journey.steps)


def pages_for(
    journey: JourneySpec, acts: Collection[str], done: Collection[str], alone: Collection[str] = ()
) -> list[Page]:
    """The journey's pages for somebody of whom Keycloak asks ``acts``, steps already ``done`` kept in place.

    Actions asked for that the journey does not know come first, each on a page of its own: an administrator
    assigned them, and the summary must stay last. ``alone``: steps people may do outside a journey.
    """
    offered = [*journey.steps, *alone]
    asked = dict.fromkeys(step for act in acts for step in steps_of(act, offered))
    wanted = asked.keys() | set(done) | BRIDGE_ONLY
    kept = [
        page if steps == page.steps else page.model_copy(update={"steps": steps, "title": {}})
        for page in journey.pages
        if (steps := [step for step in page.steps if step in wanted])
    ]
    known = set(journey.steps)
    extra = [Page(steps=[step]) for step in asked if step not in known]
    return extra + kept


def pages_for_actions(journey: JourneySpec, acts: Collection[str], alone: Collection[str] = ()) -> list[Page]:
    """Pages for actions alone (asked for by an application, or assigned to an account already active)."""
    pages = pages_for(journey, acts, (), alone)
    return [page for page in pages if any(action_id(step) in acts for step in page.steps)]


def current(pages: Sequence[Page], done: Collection[str]) -> int:
    """Index of the first page with a step not done; the last page when all are."""
    for index, page in enumerate(pages):
        if any(step not in done for step in page.steps):
            return index
    return len(pages) - 1


def progress(pages: Sequence[Page], index: int, *, waiting: bool = False) -> Progress:
    """What the page at ``index`` shows; ``waiting``: for an address to be confirmed."""
    page = pages[index]
    behind = sum(before.stages_before + before.stages for before in pages[:index]) + page.stages_before
    number = behind + (page.stages if waiting else 1)
    return Progress(number, sum(each.stages_before + each.stages for each in pages), page.percent)
