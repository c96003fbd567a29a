"""The two sentences ADR 31 reads as one date, and the date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sync.rules.ends import last_day

ADR = Path(__file__).parents[3] / "docs" / "adr" / "0031-n-is-apogees-cod-anu.md"
LEAFLET = (
    "L'ensemble des ressources numériques de l'ENT (dont le mail UM), vous seront accessibles jusqu'au 31/12 de"
    " l'année universitaire où vous quitterez l'établissement."
)
HELP = (
    "Le compte étudiant, une fois validé, reste opérationnel jusqu’au 31 décembre de l’année N+1 (inscription"
    " effectuée l’année N). Si vous ne vous réinscrivez pas avant cette date, les accès sont alors coupés."
)


def test_the_quotations_are_whole() -> None:
    text = " ".join(ADR.read_text("utf-8").split())
    assert f"« {LEAFLET} »" in text
    assert f"« {HELP} »" in text


def test_both_are_31_december_of_the_year_after_cod_anu() -> None:
    cod_anu = 2026
    assert "l’année N+1 (inscription effectuée l’année N)" in HELP
    by_help_page = date(cod_anu + 1, 12, 31)
    ends_in = int(f"{cod_anu}/{cod_anu + 1}".partition("/")[2])  # the year in which one leaves
    by_leaflet = date(ends_in, 12, 31)
    assert last_day(population="student", year=cod_anu, end=None) == by_help_page == by_leaflet
