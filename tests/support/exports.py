"""Lines of the exports a small university makes."""

from __future__ import annotations

__all__ = ["STAFF", "STUDENTS", "staff", "student"]

STUDENTS = (
    "COD_ETU;COD_NNE_IND;COD_CLE_NNE_IND;LIB_NOM_PAT_IND;LIB_NOM_USU_IND;LIB_PR1_IND;DATE_NAI_IND;MAIL_PERSO;"
    "NUM_TEL_PORT;COD_ANU;COD_ETP;LIB_ETP;ETA_IAE;DAT_CRE_IAE"
)
STAFF = "matricule;nom_naissance;nom_usage;prenom;date_naissance;mail_perso;population;debut;fin;employeur_ou_parrain"


def student(
    number: int = 22600001,
    *,
    last: str = "Martin",
    first: str = "Marie",
    usual: str = "",
    ine: str | None = None,
    birth: str = "14/05/2007",
    mail: str | None = None,
    phone: str = "0639980000",
    year: int | str = 2026,
    programme: str = "L1INF1",
    status: str = "E",
    created: str = "06/07/2026",
) -> str:
    """One line of an Apogée export."""
    ine = f"{number * 10 + 3:010d}A" if ine is None else ine
    mail = f"p{number}@courriel.example" if mail is None else mail
    return ";".join(
        str(cell)
        for cell in (
            number, ine[:-1], ine[-1:], last, usual, first, birth, mail, phone, year, programme, "Licence", status, created,
        )
    )  # fmt: skip


def staff(
    number: str = "P1",
    *,
    last: str = "Bernard",
    first: str = "Paul",
    population: str = "staff",
    start: str = "01/09/2020",
    end: str = "",
    mail: str | None = None,
) -> str:
    """One line of a file of staff and guests."""
    mail = f"{number}@courriel.example".lower() if mail is None else mail
    return ";".join((number, last, "", first, "02/02/1980", mail, population, start, end, "CNRS"))
