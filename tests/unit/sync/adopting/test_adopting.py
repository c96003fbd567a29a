"""Whose a user of Keycloak is: the decisions of kcb adopt, without a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.person import Identity, key_digest
from kc_bridge.ports import DirectoryUser, HeldUser
from sync.adopting.plan import AdoptionPlan, Candidate, make_plan
from sync.adopting.ways import activity, said_by, ways
from sync.people.desired import Account
from sync.people.identifiers import NO_NAMES, AccountNames
from sync.rules.lifecycle import Standing


def person(
    number: str, *, mail: str = "", by: tuple[str, ...] = ("username",), given: AccountNames = NO_NAMES
) -> Candidate:
    key = f"apogee:{number}"
    identity = Identity(
        key, "Marie", "Martin", personal_mail=mail or None, identifiers=(("student_number", number),)
    )

    def wanted(account: Account, _active: bool) -> tuple[DirectoryUser, Standing]:
        content = {"uid": (account.uid,), "accountEnd": ("2027-12-31",)}
        user = DirectoryUser(key_digest(key), account.login, account.mail, "Marie", "Martin", True, content)
        return user, Standing("SupannCree", True, None, "student", ("student",), "", None)

    made = Account(f"marie{number}", f"marie{number}@x.example", f"marie{number}@x.example")
    return Candidate(
        key, key_digest(key), said_by(key, identity, given, ways(by)), given, made, identity, wanted
    )


def user(name: str, *, key: str | None = None, email: str = "", **attributes: str) -> HeldUser:
    held = {attribute: (value,) for attribute, value in attributes.items()}
    return HeldUser(f"id-{name}", key, name, email, "Marie", "Durand", True, held, False, True, False)


def planned(people: list[Candidate], users: list[HeldUser], *by: str, **options: object) -> AdoptionPlan:
    usual = {"active": activity("password").tells, "looked_at": lambda u: u, "uid_of": {}}
    return make_plan(people, users, ways(by or ("username",)).by_name, **(usual | options))  # type: ignore[arg-type]


def test_a_number_as_username_is_that_person() -> None:
    plan = planned(
        [person("22600001"), person("22600002")], [user("22600001", email="m@x.example"), user("prof")]
    )
    (adoption,) = plan.adoptions
    assert (adoption.candidate.key, adoption.by, adoption.active) == (
        "apogee:22600001",
        "username 22600001",
        True,
    )
    assert adoption.account == Account("22600001", "22600001", "m@x.example")
    assert [(c.what, c.before, c.after) for c in adoption.changes] == [
        ("lastName", "Durand", "Martin"),
        ("accountEnd", "", "2027-12-31"),
        ("uid", "", "22600001"),
    ]
    assert (plan.strangers, plan.without_user) == (["prof"], 1)


def test_what_is_missing_is_as_a_run_would_make_it() -> None:
    (adoption,) = planned([person("1")], [user("1")]).adoptions
    assert adoption.account.mail == "marie1@x.example"
    (kept,) = planned([person("1")], [user("1", uid="vieux-uid")]).adoptions
    assert kept.account.uid == "vieux-uid"


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("username", user("marie.m")),
        ("email", user("x", email="Marie@Courriel.example")),
        ("attribute=supannEtuId", user("y", supannEtuId=" 22600001")),
    ],
)
def test_each_way(by: str, found: HeldUser) -> None:
    given = AccountNames(login="marie.m")
    people = [person("22600001", mail="marie@courriel.example", by=(by,), given=given)]
    assert [a.user_id for a in planned(people, [found], by).adoptions] == [found.user_id]


def test_a_name_the_bridge_would_make_is_no_reason() -> None:
    assert planned([person("1")], [user("marie1@x.example"), user("marie1")]).adoptions == []


def test_two_users_or_two_people_are_left_to_an_operator(tmp_path: Path) -> None:
    people = [
        person("1", mail="a@x.example", by=("username", "email")),
        person("2", mail="a@x.example", by=("email",)),
    ]
    plan = planned(people, [user("1"), user("other", email="a@x.example")], "username", "email")
    assert (plan.adoptions, [u.who for u in plan.ambiguous]) == ([], ["apogee:1", "other"])
    several = planned(
        [person("1", mail="a@x.example", by=("username", "email"))],
        [user("1"), user("b", email="a@x.example")],
        "username",
        "email",
    )
    assert (several.adoptions, [u.who for u in several.ambiguous]) == ([], ["apogee:1"])
    table = tmp_path / "who.csv"
    table.write_text("key;id\napogee:1;B\n", "utf-8")
    settled = planned([person("1", by=(str(table),))], [user("1"), user("b")], str(table))
    assert [a.account.login for a in settled.adoptions] == ["b"]


def test_never_adopted() -> None:
    people = [person(str(n)) for n in range(1, 4)]
    users = [user("1", key="f" * 64), user("2"), user("3")]
    power = {"id-2": {"administrator": True}, "id-3": {"federated": True}}

    def looked_at(found: HeldUser) -> HeldUser:
        return replace(found, **power[found.user_id])  # type: ignore[arg-type]

    plan = planned(people, users, looked_at=looked_at)
    assert plan.adoptions == []
    assert {u.who: u.why.split()[0] for u in plan.refused} == {"1": "bears", "2": "has", "3": "comes"}


def test_a_uid_is_one_person_s() -> None:
    people, users = [person("1"), person("2")], [user("1", uid="m"), user("2", uid="m")]
    plan = planned(people, users)
    assert (plan.adoptions, len(plan.ambiguous)) == ([], 2)
    assert planned(people[:1], users[:1], uid_of={"m": "apogee:9"}).adoptions == []
    assert len(planned(people[:1], users[:1], uid_of={"m": "apogee:1"}).adoptions) == 1


def test_the_digest_names_the_adoptions_alone() -> None:
    people = [person("1"), person("2")]
    digest = planned(people, [user("1"), user("2")]).digest
    assert planned(people, [user("2"), user("prof"), user("1")]).digest == digest
    marked = user("1", key=key_digest("apogee:1"))
    assert planned(people, [marked, user("2")]).digest == digest, (
        "an interrupted adoption goes on under its digest"
    )
    assert planned(people, [user("1"), user("2")], active=lambda _user: False).digest != digest


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("all", True),
        ("none", False),
        ("attribute=etat", True),
        ("attribute=etat:actif", True),
        ("attribute=etat:x", False),
    ],
)
def test_who_is_active(asked: str, expected: bool) -> None:
    assert activity(asked).tells(user("1", etat="actif")) is expected


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="attribute=NAME"):
        ways((str(tmp_path / "absent.csv"),))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(ConfigurationError, match="columns"):
        ways((str(tmp_path / "other.csv"),))
