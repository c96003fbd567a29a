"""A SUPANN directory as a source, on a real OpenLDAP: whole, by what changed, and when it fails half-way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources.base import Block, Rejected, Row, SourceError
from sync.sources.ldap import LdapSource, build
from sync.sources.record import Record
from tests.support.supann_directory import SupannDirectory, l1


def source(directory: SupannDirectory, **options: Any) -> LdapSource:
    settings = SourceSettings(
        name="annuaire",
        kind="ldap",
        populations=["student", "staff", "guest"],
        options=directory.options | {"overlap": 0} | options,
    )
    return build(settings, "")


def blocks(of: LdapSource, since: str | None = None) -> tuple[list[Row], list[int], str | None]:
    read: list[Block] = list(of.read(since))
    rows = [Row(block.place(n), raw) for block in read for n, raw in enumerate(block.rows)]
    return rows, [one for block in read for one in block.hashes], read[-1].mark


def keys(of: LdapSource, since: str | None = None) -> list[str]:
    found = [of.parse(row) for row in blocks(of, since)[0]]
    return sorted(one.key for one in found if isinstance(one, Record))


def test_everybody_page_by_page(directory: SupannDirectory) -> None:
    for number in range(7):
        directory.student(f"s{number}")
    directory.staff("p1")
    expected = ["P1", *(f"S{number}" for number in range(7))]
    assert keys(source(directory, page=3)) == expected
    assert keys(source(directory, filter="(uid=s*)")) == expected[1:]


def test_a_row_tells_its_entry(directory: SupannDirectory) -> None:
    dn = directory.student("s1", supannEtuInscription=[l1(2026), l1(2025), "[anneeinsc=x]"])
    of = source(directory)
    rows, _hashes, _mark = blocks(of)
    assert {row.place.file for row in rows} == {dn}
    assert sorted(row.place.line for row in rows) == [1, 2, 3]
    (rejected,) = [one for row in rows if isinstance(found := of.parse(row), list) for one in found]
    assert (rejected.place.file, rejected.column) == (dn, "supannEtuInscription")


def test_hashes_follow_what_is_read_and_nothing_else(directory: SupannDirectory) -> None:
    dn = directory.student("s1", telephoneNumber=["01"])
    _rows, before, _mark = blocks(source(directory))
    directory.slapd.change(dn, telephoneNumber=["02"])
    assert blocks(source(directory))[1] == before
    assert blocks(source(directory, page=1))[1] == before
    assert blocks(source(directory, mail_labels=["PRO"]))[1] != before
    directory.slapd.change(dn, givenName=["Camille"])
    assert blocks(source(directory))[1] != before


def test_after_a_mark_only_what_changed(directory: SupannDirectory) -> None:
    """The server's clock counts seconds: what changed within the mark's own second is read again rather than missed."""
    of = source(directory)
    for uid in ("s1", "s2"):
        directory.student(uid)
    mark = blocks(of)[2]
    assert mark is not None
    directory.let_a_second_pass(mark)
    assert blocks(of, mark)[2] == mark
    directory.slapd.change(directory.dn("s1"), givenName=["Camille"])
    directory.student("s3")
    later = blocks(of, mark)[2]
    assert later is not None
    assert later > mark
    assert keys(of, later) == ["S1", "S3"]
    assert keys(source(directory, overlap=3600), later) == ["S1", "S2", "S3"]


def test_what_changes_while_it_is_read_is_read_again(directory: SupannDirectory) -> None:
    """Somebody on a page read before, changed before somebody on a page to come."""
    for number in range(4):
        directory.student(f"s{number}")
    begun = directory.now()
    of = source(directory, page=2)
    read = of.read()
    (first, *_rest) = next(read).rows
    early = f"s{json.loads(first)['values']['uid'][0][1:]}"
    directory.let_a_second_pass(begun)
    directory.slapd.change(directory.dn(early), givenName=["Camille"])
    directory.let_a_second_pass(directory.now())
    for number in range(4):
        if f"s{number}" != early:
            directory.slapd.change(directory.dn(f"s{number}"), givenName=["Zoé"])
    mark = [*read][-1].mark
    assert early.upper() in keys(of, mark)


def test_a_directory_that_fails_half_way_is_not_half_read(directory: SupannDirectory) -> None:
    for number in range(4):
        directory.student(f"s{number}")
    of = source(directory, page=2)
    read = of.read()
    assert next(read).rows
    directory.slapd.pause()
    try:
        with pytest.raises(SourceError, match="annuaire") as failed:
            list(read)
    finally:
        directory.slapd.resume()
    assert failed.value.remedy
    assert len(keys(of)) == 4


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("base", "ou=nowhere,dc=univ-demo,dc=fr", "no such branch"),
        ("filter", "(uid=*", "filter"),
        ("ca_file", None, "certificate"),
    ],
)
def test_what_is_set_up_wrongly_is_told(
    directory: SupannDirectory, option: str, value: Any, says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        list(source(directory, **{option: value}).read())


@pytest.mark.parametrize(
    ("option", "value"),
    [("affiliations", {"x": "alien"}), ("url", "http://a"), ("invented", 1), ("birth_date", []), ("page", 0)],
)
def test_options_nobody_can_use_are_refused(directory: SupannDirectory, option: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s)annuaire.*{option}"):
        source(directory, **{option: value})


def test_bytes_that_are_no_utf_8_are_quarantined(directory: SupannDirectory) -> None:
    directory.student("s1", supannEtuId=["22600001"])
    of = source(directory)
    (row,) = blocks(of)[0]
    assert isinstance(of.parse(row), Record)
    spoilt = Row(row.place, row.raw.replace(b"Marie", b"Mari\\udce9"))
    rejected = of.parse(spoilt)
    assert isinstance(rejected, list)
    assert isinstance(rejected[0], Rejected)
    assert rejected[0].column == "givenName"
