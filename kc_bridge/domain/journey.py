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
    "Progress",
    "action_id",
    "actions_of",
    "current",
    "keycloak_actions",
    "pages_for",
    "pages_for_actions",
    "progress",
    "step_of",
]

BRIDGE_ONLY = frozenset({"summary"})
"""Steps that only show something: Keycloak knows nothing of them."""

PREFIX = "kcb-"


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
    """Keycloak's provider id of a step: ``new_password`` → ``kcb-new-password``."""
    return PREFIX + step.replace("_", "-")


def step_of(action: str) -> str:
    """The step of a provider id: ``kcb-new-password`` → ``new_password``."""
    return action.removeprefix(PREFIX).replace("-", "_")


def actions_of(steps: Collection[str]) -> list[str]:
    """Provider ids of the steps that are Keycloak actions, in the order given."""
    return [action_id(step) for step in steps if step not in BRIDGE_ONLY]


def keycloak_actions(journey: JourneySpec) -> list[str]:
    """The required actions a new account of this journey starts with."""
    return actions_of(journey.steps)


def pages_for(journey: JourneySpec, acts: Collection[str], done: Collection[str]) -> list[Page]:
    """The journey's pages for somebody of whom Keycloak asks ``acts``, steps already ``done`` kept in place.

    Actions asked for that the journey does not know come first, each on a page of its own: an administrator
    assigned them, and the summary must stay last.
    """
    wanted = {step_of(act) for act in acts} | set(done) | BRIDGE_ONLY
    kept = [
        page if steps == page.steps else page.model_copy(update={"steps": steps, "title": {}})
        for page in journey.pages
        if (steps := [step for step in page.steps if step in wanted])
    ]
    known = set(journey.steps)
    extra = [Page(steps=[step]) for act in acts if (step := step_of(act)) not in known]
    return extra + kept


def pages_for_actions(journey: JourneySpec, acts: Collection[str]) -> list[Page]:
    """Pages for actions alone (asked for by an application, or assigned to an account already active)."""
    return [
        page for page in pages_for(journey, acts, ()) if any(action_id(step) in acts for step in page.steps)
    ]


def current(pages: Sequence[Page], done: Collection[str]) -> int:
    """Index of the first page with a step not done; the last page when all are."""
    for index, page in enumerate(pages):
        if any(step not in done for step in page.steps):
            return index
    return len(pages) - 1


def progress(pages: Sequence[Page], index: int) -> Progress:
    """What the page at ``index`` shows."""
    return Progress(index + 1, len(pages), pages[index].percent)
