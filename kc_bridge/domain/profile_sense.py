"""What a profile says that cannot be meant: every part of it is well written, and two of them disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kc_bridge.domain.fault import Fault, there_is_no
from kc_bridge.domain.profile import JourneySpec, UniversityProfile

__all__ = ["faults", "page_place"]


def faults(profile: UniversityProfile) -> list[Fault]:
    """Populations, languages and pages that do not fit together."""
    return [
        *_populations(profile),
        *_lifecycle(profile),
        *_languages(profile),
        *_names(profile),
        *_pages(profile),
    ]


def page_place(journey: JourneySpec, number: int) -> str:
    """How a page is called; counted from one."""
    return f"journey « {journey.name} », page {number}"


def _populations(profile: UniversityProfile) -> Iterator[Fault]:
    ways: dict[str, list[str]] = {population: [] for population in profile.mail_domains}
    for journey in profile.journeys:
        place = f"journey « {journey.name} », populations"
        for population in dict.fromkeys(journey.populations):
            if population in profile.mail_domains:
                ways[population].append(f"« {journey.name} »")
            else:
                yield there_is_no("population", population, profile.mail_domains, place)
    for population, journeys in ways.items():
        if not journeys:
            problem = f"« {population} » has no journey."
            remedy = "Name it in the populations of a journey, or take its mail domain out."
            yield Fault(f"mail_domains.{population}", problem, remedy)
        elif len(journeys) > 1:
            problem = f"the population « {population} » is in {' and '.join(journeys)}."
            yield Fault("journeys", problem, "Leave it in one of them.")


def _lifecycle(profile: UniversityProfile) -> Iterator[Fault]:
    for table in ("early_days", "grace_days"):
        for population in getattr(profile.lifecycle, table):
            if population not in profile.mail_domains:
                yield there_is_no("population", population, profile.mail_domains, f"lifecycle.{table}")


def _languages(profile: UniversityProfile) -> Iterator[Fault]:
    for language in profile.texts:
        if language not in profile.languages:
            yield there_is_no("language", language, profile.languages, "texts")


def _names(profile: UniversityProfile) -> Iterator[Fault]:
    for name, count in Counter(journey.name for journey in profile.journeys).items():
        if count > 1:
            yield Fault("journeys", f"{count} of them are named « {name} ».", "Give each a name of its own.")


def _pages(profile: UniversityProfile) -> Iterator[Fault]:
    for journey in profile.journeys:
        first: dict[str, int] = {}
        for number, page in enumerate(journey.pages, 1):
            place = page_place(journey, number)
            for step in page.steps:
                if step in first:
                    problem = f"« {step} » is on page {first[step]} already."
                    yield Fault(place, problem, "Leave it on one page, once.")
                first.setdefault(step, number)
            for step in page.options:
                if step not in page.steps:
                    problem = f"« {step} » is not on this page."
                    yield Fault(f"{place}, options", problem, f"Its steps are: {', '.join(page.steps)}.")
