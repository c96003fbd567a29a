"""What entries of a SUPANN directory come to: rows, records, and problems with their attribute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from sync.sources.base import Place, Rejected
from sync.sources.ldap import LdapOptions
from sync.sources.record import Record
from sync.sources.supann import Meaning, attributes, record_of, rows_of

PLACE = Place("uid=mmartin,ou=people,dc=univ-demo,dc=fr", 1)
L1 = "[etab={UAI}0751717J][anneeinsc=2026][regimeinsc={SISE}10][sectdisc={SISE}39][typedip={SISE}03][cursusann={SUPANN}L1]"
STUDENT = {
    "uid": ["mmartin"],
    "sn": ["Martin"],
    "givenName": ["Marie"],
    "supannNomDeNaissance": ["DURAND"],
    "supannOIDCDateDeNaissance": ["2007-05-14"],
    "supannEtuId": ["22600001"],
    "supannCodeINE": ["0226000013a"],
    "supannMailPrive": ["{SECOURS}b@perso.example", "{perso}a@perso.example"],
    "supannTelephonePrive": ["{MOBPERSO}06 39 98 00 00"],
    "eduPersonAffiliation": ["student", "member"],
    "supannEtuInscription": [f"{L1}[etape={{UAI:0751717J}}L1INFO]"],
}
STAFF = {
    "uid": ["pbernard"],
    "sn": ["BERNARD"],
    "givenName": ["Paul"],
    "supannEmpId": ["P1"],
    "eduPersonAffiliation": ["employee", "faculty", "member"],
}


def meaning(*populations: str, **options: Any) -> Meaning:
    known = frozenset(populations or ("student", "staff", "guest"))
    return LdapOptions.model_validate({"url": "ldaps://a", "base": "b"} | options).meaning(known)


def found(
    entry: dict[str, list[str]],
    *populations: str,
    without: Sequence[str] = (),
    options: Any = None,
    **more: list[str],
) -> list[Record | list[Rejected]]:
    values = {name.lower(): tuple(v) for name, v in (entry | more).items() if name not in without}
    means = meaning(*populations, **(options or {}))
    return [record_of(raw, PLACE, means) for raw in rows_of(values, means)]


def record(*args: Any, **kwargs: Any) -> Record:
    (one,) = found(*args, **kwargs)
    assert isinstance(one, Record), one
    return one


def problem(*args: Any, **kwargs: Any) -> tuple[str | None, str, str]:
    (one,) = found(*args, **kwargs)
    assert isinstance(one, list)
    (rejected,) = one
    assert rejected.place == PLACE
    return rejected.column, rejected.problem, rejected.remedy


def test_a_student() -> None:
    one = record(STUDENT)
    assert (one.key, one.population, one.year, one.programme) == ("MMARTIN", "student", 2026, "L1INFO")
    assert (one.shown_first_name, one.shown_last_name, one.birth_name) == ("Marie", "Martin", "DURAND")
    assert one.birth_date == date(2007, 5, 14)
    assert (one.personal_mail, one.phone) == ("a@perso.example", "+33639980000")
    assert one.identifiers == {"student_number": "22600001", "ine": "0226000013A", "uid": "MMARTIN"}
    assert one.end is None, "the rules say when an enrolment ends"


def test_a_row_for_each_enrolment() -> None:
    last_year = L1.replace("2026", "2025")
    rows = found(
        STUDENT,
        supannEtuInscription=[f"{L1}[etape=L1INFO]", f"{L1}[etape=L1MATH]", f"{last_year}[etape=L1INFO]"],
    )
    records = [row for row in rows if isinstance(row, Record)]
    assert {(one.year, one.programme) for one in records} == {
        (2026, "L1INFO"),
        (2026, "L1MATH"),
        (2025, "L1INFO"),
    }
    assert len({one.record_key for one in records}) == 3


def test_one_enrolment_for_all_its_courses() -> None:
    values = [f"{L1}[etape=L1INFO][eltpedago={{UAI:0751717J}}INF{n}]" for n in range(10)]
    assert record(STUDENT, supannEtuInscription=values).programme == "L1INFO"


def test_the_order_of_values_changes_nothing() -> None:
    means, more = meaning(), [f"{L1}[etape=A]", f"{L1}[etape=B]"]
    one = {name.lower(): tuple(values) for name, values in (STUDENT | {"supannEtuInscription": more}).items()}
    other = {name: values[::-1] for name, values in reversed(one.items())}
    assert list(rows_of(one, means)) == list(rows_of(other, means))


def test_what_we_do_not_read_changes_nothing() -> None:
    means = meaning()
    one = {name.lower(): tuple(values) for name, values in STUDENT.items()}
    assert list(rows_of(one, means)) == list(rows_of(one | {"modifytimestamp": ("20260101000000Z",)}, means))
    assert "userPassword" not in attributes(means)


def test_enrolments_elsewhere_do_not_count() -> None:
    elsewhere = L1.replace("0751717J", "0342321N")
    options = {"establishments": ["0342321n"]}
    assert (
        record(STUDENT, supannEtuInscription=[f"{elsewhere}[etape=X]", L1], options=options).programme == "X"
    )
    assert found(STUDENT, options=options) == []


class TestStaffAndGuests:
    def test_open_ended(self) -> None:
        one = record(STAFF)
        assert (one.population, one.start, one.end, one.year) == ("staff", None, None, None)
        assert one.shown_last_name == "Bernard"
        assert one.identifiers == {"staff_number": "P1", "uid": "PBERNARD"}

    def test_the_end_of_a_contract_is_a_day_of_ours(self) -> None:
        assert record(STAFF, supannEmpDateFin=["20270630220000Z"]).end == date(2027, 7, 1)

    def test_of_several_contracts_the_last(self) -> None:
        ends = ["20270630120000Z", "20280831120000Z"]
        assert record(STAFF, supannEmpDateFin=ends).end == date(2028, 8, 31)

    def test_the_account_says_from_when_to_when(self) -> None:
        states = ["{MAIL}I:SupannExpire:20200101:", "{COMPTE}A:SupannActif:20260901:20271231"]
        one = record(STAFF, supannRessourceEtatDate=states)
        assert (one.start, one.end, one.status) == (date(2026, 9, 1), date(2027, 12, 31), "valid")

    def test_the_contract_says_better_than_the_account(self) -> None:
        one = record(
            STAFF,
            supannRessourceEtatDate=["{COMPTE}A:SupannActif::20271231"],
            supannEmpDateFin=["20281231120000Z"],
        )
        assert one.end == date(2028, 12, 31)

    def test_over(self) -> None:
        one = record(STAFF, supannRessourceEtatDate=["{COMPTE}I:SupannExpire:20260915:"])
        assert (one.status, one.status_on, one.reason) == ("withdrawn", date(2026, 9, 15), "SupannExpire")

    @pytest.mark.parametrize(
        "state",
        ["{COMPTE}I:SupannCree:20260915:", "{COMPTE}S:SupannVerrouille::", "{COMPTE}A:SupannSursis::"],
    )
    def test_not_over(self, state: str) -> None:
        assert record(STAFF, supannRessourceEtatDate=[state]).status == "valid"

    def test_a_guest(self) -> None:
        one = record(STAFF, eduPersonAffiliation=["affiliate"], supannExtDateFin=["20261231120000Z"])
        assert (one.population, one.end) == ("guest", date(2026, 12, 31))

    def test_a_guest_without_an_end(self) -> None:
        column, text, _remedy = problem(STAFF, eduPersonAffiliation=["affiliate"])
        assert (column, text) == ("supannExtDateFin", "is a guest without an end")

    def test_a_student_who_teaches_is_both(self) -> None:
        rows = found(STUDENT | STAFF, eduPersonAffiliation=["student", "Employee"])
        assert [row.population for row in rows if isinstance(row, Record)] == ["student", "staff"]
        assert len({row.record_key for row in rows if isinstance(row, Record)}) == 2

    def test_other_populations_are_other_sources(self) -> None:
        assert found(STUDENT | STAFF, "guest", eduPersonAffiliation=["student", "employee"]) == []
        assert record(STUDENT | STAFF, "staff").population == "staff"

    def test_who_is_neither_has_no_account(self) -> None:
        assert found(STAFF, eduPersonAffiliation=["alum", "member"]) == []
        assert found(STAFF, without=["eduPersonAffiliation"]) == []


class TestOneOfSeveral:
    def test_the_name_shown(self) -> None:
        one = record(STUDENT, sn=["Durand", "Durand Le Goff", "Goff"], displayName=["Marie Durand Le Goff"])
        assert one.shown_last_name == "Durand Le Goff"

    def test_nothing_tells_which(self) -> None:
        column, text, remedy = problem(STUDENT, sn=["Durand", "Martin"])
        assert column == "sn"
        assert "2 values: « Durand », « Martin »" in text
        assert remedy

    @pytest.mark.parametrize("name", ["uid", "supannEtuId", "supannCodeINE"])
    def test_numbers_are_not_guessed(self, name: str) -> None:
        column, text, _remedy = problem(STUDENT, **{name: ["0226000013A", "0226000024B"]})
        assert column == name
        assert "2 values" in text

    def test_a_reference_by_its_label(self) -> None:
        options = {"reference_labels": {"{UAI:0751717J:ETUID}": "student_number"}}
        one = record(
            STUDENT,
            without=["supannEtuId"],
            supannRefId=["{UAI:0751717J:ETUID}77", "{APOGEE}88"],
            options=options,
        )
        assert one.identifiers["student_number"] == "77"

    def test_private_mails_by_label(self) -> None:
        mails = {"supannMailPrive": ["{PARENTS}p@x.fr", "{SECOURS}s@x.fr"], "supannMailPerso": ["old@x.fr"]}
        assert record(STUDENT, **mails).personal_mail == "s@x.fr"
        assert record(STUDENT, **mails, options={"mail_labels": ["PRO"]}).personal_mail == "old@x.fr"

    def test_the_other_birth_date(self) -> None:
        one = record(STUDENT, without=["supannOIDCDateDeNaissance"], schacDateOfBirth=["20070514"])
        assert one.birth_date == date(2007, 5, 14)


class TestNames:
    NAMES = {"names": {"uid": "uid", "login": "supannAliasLogin", "mail": "mail"}}  # noqa: RUF012
    ACCOUNT = {"supannAliasLogin": ["Marie.Martin"], "mail": ["marie.martin@univ.fr"]}  # noqa: RUF012

    def test_of_the_account_where_the_directory_gives_them(self) -> None:
        one = record(STUDENT | self.ACCOUNT, options=self.NAMES)
        assert (one.uid, one.login, one.mail) == ("mmartin", "marie.martin", "marie.martin@univ.fr")

    def test_otherwise_the_bridge_makes_them(self) -> None:
        one = record(STUDENT | self.ACCOUNT)
        assert (one.uid, one.login, one.mail) == (None, None, None)
        assert record(STUDENT, options=self.NAMES).login is None

    def test_of_several_none_is_guessed(self) -> None:
        column, _text, _remedy = problem(STUDENT, mail=["a@univ.fr", "b@univ.fr"], options=self.NAMES)
        assert column == "mail"


WRONG: list[tuple[str, list[str], str]] = [
    ("supannEtuInscription", ["[anneeinsc=26]"], "« [anneeinsc=26] » has « 26 » for a year"),
    ("supannEtuInscription", ["[anneeinsc=1900]"], "is no university year"),
    ("supannCodeINE", ["12345"], "has not the form of an INE"),
    ("supannMailPrive", ["{PERSO}nobody"], "is no e-mail address"),
    ("supannOIDCDateDeNaissance", ["2007-02-30"], "is no date"),
    ("givenName", [], "is empty"),
    ("givenName", ["Mar\x00ie"], "control or invisible"),
    ("givenName", [b"Ren\xe9e".decode("utf-8", "surrogateescape")], "control or invisible"),
    ("uid", [], "is empty"),
]


@pytest.mark.parametrize(("attribute", "values", "text"), WRONG)
def test_a_wrong_value_names_its_attribute(attribute: str, values: list[str], text: str) -> None:
    column, told, remedy = problem(STUDENT, **{attribute: values})
    assert column == attribute
    assert text in told
    assert remedy


def test_a_student_of_whom_nothing_is_said() -> None:
    column, text, _remedy = problem(STUDENT, without=["supannEtuInscription"])
    assert (column, text) == ("supannEtuInscription", "is empty for a student")


def test_a_wrong_end_of_a_contract() -> None:
    column, _text, _remedy = problem(STAFF, supannEmpDateFin=["2027"])
    assert column == "supannEmpDateFin"


def test_a_wrong_state() -> None:
    column, text, _remedy = problem(STAFF, supannRessourceEtatDate=["{COMPTE}A::20260931:"])
    assert column == "supannRessourceEtatDate"
    assert "no such day" in text


def test_every_problem_at_once() -> None:
    (rejected,) = found(STUDENT, supannCodeINE=["1"], supannEtuInscription=["x"], givenName=[])
    assert isinstance(rejected, list)
    assert {one.column for one in rejected} == {"supannCodeINE", "supannEtuInscription", "givenName"}
