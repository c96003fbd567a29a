"""The demo's fictional people: an Apogée-like export of enrolments and a file of staff and guests.

``people.csv`` and ``staff.csv`` beside this file are its output for 2026-2027; the runner writes the current year's.
Everything is drawn from one seed, so that a screenshot taken today shows the same people tomorrow.
"""

# ruff: noqa: SIM905 - words in a sentence read better than forty quoted strings
from __future__ import annotations

import csv
import io
import random
import sys
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

__all__ = [
    "STAFF_COLUMNS",
    "STUDENT_COLUMNS",
    "staff_csv",
    "students_csv",
    "university_year",
    "write_samples",
]

STUDENT_COLUMNS = (
    "COD_ETU COD_NNE_IND COD_CLE_NNE_IND LIB_NOM_PAT_IND LIB_NOM_USU_IND LIB_PR1_IND DATE_NAI_IND MAIL_PERSO "
    "NUM_TEL_PORT COD_ANU COD_ETP LIB_ETP ETA_IAE DAT_CRE_IAE"
).split()
STAFF_COLUMNS = (
    "matricule nom_naissance nom_usage prenom date_naissance mail_perso population debut fin employeur_ou_parrain"
).split()

SEED = 20260901
STUDENTS, STAFF, GUESTS = 150, 36, 14

FIRST_NAMES = (
    "Marie Thomas Léa Hugo Chloé Inès Noé Zoé Loïc Maëlle Anaïs Jérôme Éloïse Raphaël Gaël Solène Françoise Nuño Iñaki "
    "Jean-Baptiste Anne-Sophie Marie-Ève Pierre-Yves Zeynep Mehmet Fatou Ibrahima Aïcha Karim Nour Linh Minh Søren "
    "Łucja Paweł Ximena Yún Ólafur Jiří Anouk"
).split()
LAST_NAMES = (
    "Martin|Bernard|Dubois|Lefèvre|Müller|Peña|Núñez|Etxeberria|Le Goff|Kermadec|de La Tour|du Plessis|van den Berg|"
    "d'Arcy|O'Brien|N'Diaye|Traoré|El Amrani|Ben Youssef|Nguyễn|Trần|Kowalczyk|Wiśniewski|Yılmaz|Öztürk|Ferreira|"
    "Gonçalves|Saint-Just|Bœuf|Legrand-Dupré|Château|Hélary|Çelik|Ångström|Wang"
).split("|")
PROGRAMMES = (
    ("L1INF1", "Licence 1 Informatique"),
    ("L2HIS1", "Licence 2 Histoire"),
    ("L3DRO1", "Licence 3 Droit"),
    ("B1GEA1", "BUT 1 Gestion des entreprises et des administrations"),
    ("M1BIO1", "Master 1 Biologie, santé"),
    ("M2FLE1", "Master 2 Français langue étrangère"),
    ("D1SPI1", "Doctorat Sciences pour l'ingénieur"),
)

Row = list[str]


def university_year(today: date) -> int:
    """The year N of the university year N/N+1 that ``today`` belongs to (it begins on 1 September)."""
    return today.year if today.month >= 9 else today.year - 1


def students_csv(year: int) -> str:
    """Enrolments of ``year``/``year + 1`` (a few of the years before), bad rows included, as the export's text."""
    dice = random.Random(SEED)  # noqa: S311 - sample data
    rows = [*_named_students(year)]
    for number in range(len({row[0] for row in rows}), STUDENTS):
        rows += _student(dice, year, number)
    return _text(STUDENT_COLUMNS, [*rows, *_bad_students(year)])


def staff_csv(year: int) -> str:
    """Staff contracts and guests' stays around the university year ``year``/``year + 1``, one bad row included."""
    dice = random.Random(SEED + 1)  # noqa: S311 - sample data
    rows = [_worker(dice, year, number, "personnel") for number in range(STAFF)]
    rows += [
        _worker(dice, year, STAFF + number, "hébergé" if number % 3 else "invité") for number in range(GUESTS)
    ]
    backwards = _worker(dice, year, 990, "invité")
    backwards[7:9] = _day(date(year + 1, 6, 30)), _day(date(year, 9, 1))
    return _text(STAFF_COLUMNS, [*rows, backwards])


def write_samples(folder: Path, year: int) -> None:
    """Writes both files into ``folder`` unless they are there: people are invited to edit them."""
    for name, text in (("people.csv", students_csv(year)), ("staff.csv", staff_csv(year))):
        path = folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8", newline="")


def _named_students(year: int) -> Iterable[Row]:
    """People the README and the tests speak of."""

    def row(number: int, last: str, first: str, born: date, programme: int = 0, **changes: str) -> Row:
        base = _enrolment(number, last, first, born, year, programme)
        return [changes.get(column, value) for column, value in zip(STUDENT_COLUMNS, base, strict=True)]

    yield row(0, "O'Connor", "Camille", date(2008, 2, 29), MAIL_PERSO="camille.oconnor@courriel.example")
    # Homonyms, two of them born on the same day.
    yield row(1, "Martin", "Marie", date(2007, 5, 14))
    yield row(2, "Martin", "Marie", date(2007, 5, 14), 2, MAIL_PERSO="marie.martin.bis@courriel.example")
    yield row(3, "Martin", "Marie", date(2005, 11, 3), 3, MAIL_PERSO="marie.martin.ter@courriel.example")
    # Two enrolments of one person in the same year.
    yield row(4, "Núñez", "Iñaki", date(2006, 7, 1), 1)
    yield row(4, "Núñez", "Iñaki", date(2006, 7, 1), 2)
    # Known by another name than at birth; no personal mail; enrolment cancelled; gone since last year.
    yield row(5, "Le Goff", "Anne-Sophie", date(1999, 1, 31), 6, LIB_NOM_USU_IND="de La Tour")
    yield row(6, "N'Diaye", "Fatou", date(2006, 3, 8), MAIL_PERSO="")
    yield row(7, "Bœuf", "Loïc", date(2004, 9, 9), ETA_IAE="A")
    yield row(
        8, "Peña", "Ximena", date(2003, 12, 24), 5, COD_ANU=str(year - 2), DAT_CRE_IAE=f"10/07/{year - 2}"
    )


def _bad_students(year: int) -> Iterable[Row]:
    """One row for each thing that quarantine must catch."""
    born = date(2006, 6, 6)

    def row(number: int, first: str, **changes: str) -> Row:
        base = _enrolment(number, "Quarantaine", first, born, year, 0)
        return [changes.get(column, value) for column, value in zip(STUDENT_COLUMNS, base, strict=True)]

    yield row(900, "Date", DATE_NAI_IND="31/02/2006")
    yield row(901, "", LIB_NOM_PAT_IND="", MAIL_PERSO="")
    yield row(902, "Année", COD_ANU="20266")
    yield [*row(903, "Colonnes"), "en trop"]
    taken = _enrolment(9, "", "", born, year, 0)
    yield row(904, "Doublon", COD_NNE_IND=taken[1], COD_CLE_NNE_IND=taken[2])
    yield row(905, "Forme", COD_NNE_IND="ABC")
    yield row(906, "Courriel", MAIL_PERSO="pas une adresse")


def _student(dice: random.Random, year: int, number: int) -> Iterable[Row]:
    last, first = dice.choice(LAST_NAMES), dice.choice(FIRST_NAMES)
    born = date(year - 18, 12, 31) - timedelta(days=dice.randrange(365 * 8))
    programme = dice.randrange(len(PROGRAMMES))
    if dice.random() < 0.3:  # enrolled last year too: two lines, one person
        yield _enrolment(number, last, first, born, year - 1, max(programme - 1, 0))
    yield _enrolment(number, last, first, born, year, programme)


def _enrolment(number: int, last: str, first: str, born: date, year: int, programme: int) -> Row:
    code, label = PROGRAMMES[programme]
    ine = f"{230000000 + number * 7919:09d}{'ABCDEFGHJK'[number % 10]}"
    enrolled = date(year, 7, 6) + timedelta(days=number * 11 % 57)
    phone = f"063998{number:04d}"  # numbers reserved for fiction
    student = str(22600001 + number)
    mail = _mail(first, last, number)
    return [
        student, ine, "MNPRSTVWXY"[number // 10 % 10], last, "", first, _day(born), mail, phone,
        str(year), code, label, "E", _day(enrolled),
    ]  # fmt: skip


def _worker(dice: random.Random, year: int, number: int, population: str) -> Row:
    last, first = dice.choice(LAST_NAMES), dice.choice(FIRST_NAMES)
    born = date(1995, 1, 1) - timedelta(days=dice.randrange(365 * 30))
    begins = date(year, 9, 1) - timedelta(days=dice.randrange(30, 3000))
    if population != "personnel":
        begins, ends = date(year, 1, 15), _day(date(year + 1, 7, 31))
        if number % 7 == 0:
            ends = _day(date(year, 6, 30))  # the stay is over
        host = dice.choice(["Laboratoire de géographie", "Bibliothèque universitaire", "Mme Bernard (Droit)"])
    else:
        ends = _day(date(year + 1, 8, 31)) if number % 4 == 0 else ""  # others: no end is known
        host = dice.choice(["Université de Démonstration", "CNRS"])
    mail = _mail(first, last, 5000 + number)
    return [f"P{number:05d}", last, "", first, _day(born), mail, population, _day(begins), ends, host]


def _mail(first: str, last: str, number: int) -> str:
    def plain(name: str) -> str:
        letters = unicodedata.normalize("NFKD", name.casefold())
        return "".join(c for c in letters if c.isascii() and c.isalnum())

    return f"{plain(first)}.{plain(last)}.{number}@courriel.example"


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _text(columns: Iterable[str], rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]), int(sys.argv[2]))
