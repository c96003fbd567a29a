"""Made-up enrolments in any number, always the same ones, in Apogée's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from unidecode import unidecode

from kc_bridge.domain.person import key_digest
from kc_bridge.ports import DirectoryUser

__all__ = ["SOURCE", "lines", "renamed", "users", "write"]

SOURCE = "apogee"
"""Name of the source whose exports these are."""
HEADER = (
    "COD_ETU;COD_NNE_IND;COD_CLE_NNE_IND;LIB_NOM_PAT_IND;LIB_NOM_USU_IND;LIB_PR1_IND;DATE_NAI_IND;MAIL_PERSO;"
    "NUM_TEL_PORT;COD_ANU;COD_ETP;LIB_ETP;ETA_IAE;DAT_CRE_IAE"
)
FIRST = [
    "Marie",
    "Jean",
    "Camille",
    "Léa",
    "Manon",
    "Chloé",
    "Inès",
    "Jade",
    "Louise",
    "Emma",
    "Sarah",
    "Yasmine",
    "Fatou",
    "Anaïs",
    "Zoé",
    "Élodie",
    "Noémie",
    "Aïcha",
    "Lucie",
    "Margaux",
    "Lucas",
    "Hugo",
    "Nathan",
    "Enzo",
    "Louis",
    "Gabriel",
    "Arthur",
    "Mohamed",
    "Karim",
    "Ibrahim",
    "Théo",
    "Maxime",
    "Antoine",
    "Clément",
    "Loïc",
    "Gaël",
    "Kevin",
    "Thomas",
    "Nicolas",
    "François",
]
START = [
    "Ba",
    "Be",
    "Bo",
    "Bru",
    "Cha",
    "Da",
    "De",
    "Du",
    "Fa",
    "Fe",
    "Ga",
    "Ge",
    "Gui",
    "La",
    "Le",
    "Lo",
    "Ma",
    "Me",
    "Mo",
    "Na",
    "Ni",
    "Pa",
    "Pe",
    "Po",
    "Ra",
    "Re",
    "Ri",
    "Ro",
    "Sa",
    "Va",
]
MIDDLE = [
    "bi",
    "che",
    "da",
    "do",
    "gue",
    "la",
    "lan",
    "li",
    "lo",
    "mar",
    "mi",
    "na",
    "nel",
    "ni",
    "ra",
    "ri",
    "ro",
    "sar",
    "si",
    "ta",
    "tel",
    "ti",
    "va",
    "vi",
]
END = [
    "ble",
    "chet",
    "din",
    "dier",
    "gne",
    "las",
    "let",
    "lier",
    "lon",
    "lot",
    "mas",
    "min",
    "nard",
    "ne",
    "net",
    "nier",
    "rand",
    "reau",
    "ret",
    "rin",
    "son",
    "tet",
    "ton",
    "vel",
]

SPREAD = 7919
"""Prime: neighbours in the file have names that are far from each other."""


def _name(number: int) -> tuple[str, str]:
    at = number * SPREAD
    at, first = divmod(at, len(FIRST))
    at, start = divmod(at, len(START))
    at, middle = divmod(at, len(MIDDLE))
    return FIRST[first], START[start] + MIDDLE[middle] + END[at % len(END)]


def lines(count: int, *, first: int = 0, changed: Iterable[int] = ()) -> Iterator[str]:
    """``count`` lines from number ``first`` on; those in ``changed`` have another usual name."""
    other, year = frozenset(changed), _year()
    for number in range(first, first + count):
        given, family = _name(number)
        usual = f"{family}-Durand" if number in other else ""
        born = f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/{year - 18 - number % 8}"
        yield (
            f"{22_000_000 + number};{number:010d};A;{family};{usual};{given};{born};p{number}@courriel.example;"
            f"06{number:08d};{year};L1INF1;Licence 1 Informatique;E;06/07/{year}"
        )


def users(count: int, *, first: int = 0) -> list[DirectoryUser]:
    """The same people as users of Keycloak, with what the sync gives to each."""
    return [_user(number) for number in range(first, first + count)]


def renamed(user: DirectoryUser) -> DirectoryUser:
    """One attribute is another."""
    return replace(user, attributes={**user.attributes, "displayName": (f"{user.first_name} Durand",)})


def _user(number: int) -> DirectoryUser:
    given, family = _name(number)
    uid = f"{unidecode(given)}.{family}-{number}".lower()
    return DirectoryUser(
        key=key_digest(f"bench:{number}"),
        username=f"{uid}@etu.univ-demo.fr",
        email=f"{uid}@etu.univ-demo.fr",
        first_name=given,
        last_name=family,
        enabled=True,
        attributes={
            "uid": (uid,),
            "displayName": (f"{given} {family}",),
            "eduPersonPrincipalName": (f"{uid}@univ-demo.fr",),
            "eduPersonAffiliation": ("member", "student"),
            "eduPersonPrimaryAffiliation": ("student",),
            "supannEtablissement": ("{UAI}0000000X",),
            "accountEnd": (f"{_year() + 1}-12-31",),
            "accountState": ("SupannCree",),
        },
        first_attributes={"locale": ("fr",)},
        required_actions=("kcb-charter", "kcb-new-password"),
    )


def write(path: Path, rows: Iterable[str]) -> Path:
    """The file, put in place whole, as an export is."""
    coming = path.with_suffix(".coming")
    with coming.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\r\n")
        file.writelines(f"{row}\r\n" for row in rows)
    return coming.replace(path)


def _year() -> int:
    """The university year under way, so that everybody is enrolled today."""
    today = date.today()
    return today.year if today.month >= 7 else today.year - 1
