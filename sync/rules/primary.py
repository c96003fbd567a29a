"""Which of a person's populations is the primary one, and what eduPerson calls them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = ["ORDER", "edu_person_affiliations", "edu_person_primary", "primary_population"]

ORDER = ("staff", "student", "guest")
"""A doctoral student with a contract is staff first, an enrolled guest a student first: the stronger tie wins."""

EDU_PERSON = {
    "staff": ("employee", "member"),
    "student": ("student", "member"),
    "guest": ("affiliate",),
}
"""eduPersonAffiliation by population, the primary value first (SUPANN 2021, eduPersonAffiliation)."""


def primary_population(populations: Iterable[str]) -> str:
    """The first in :data:`ORDER`; populations it does not name come last, by name."""
    return min(populations, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


@cache
def edu_person_affiliations(populations: tuple[str, ...]) -> tuple[str, ...]:
    """Every eduPersonAffiliation value of those populations, sorted."""
    return tuple(sorted({value for name in populations for value in EDU_PERSON.get(name, ("affiliate",))}))


def edu_person_primary(population: str) -> str:
    """eduPersonPrimaryAffiliation of that population."""
    return EDU_PERSON.get(population, ("affiliate",))[0]
