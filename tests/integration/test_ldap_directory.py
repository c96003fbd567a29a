"""A real OpenLDAP through the adapter: TLS that is checked, pages, faults told with their remedy, changes of single values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.adapters.ldap import LdapDirectory
from kc_bridge.channels.settings import LdapServer
from kc_bridge.domain.ldap_filter import filled
from kc_bridge.ldap_ports import LdapChange, LdapMisconfigured, LdapRefused, LdapUnavailable
from tests.support.certificates import authority
from tests.support.ports import free_port
from tests.support.slapd import PEOPLE, SERVICE, SERVICE_PASSWORD, SUPANN, Slapd

MAILS = "supannMailPrive"


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    slapd = Slapd(schemas=[SUPANN], vouched_by=authority("the university's"))
    slapd.start()
    for number in range(7):
        add(slapd, f"p{number}")
    yield slapd
    slapd.stop()


def add(slapd: Slapd, uid: str, **more: list[str | bytes]) -> str:
    classes = ["inetOrgPerson", "supannPerson"]
    values: dict[str, Any] = {"uid": [uid], "cn": [uid], "sn": ["Ñandú"], "objectClass": classes}
    dn = uid.translate({ord(sign): f"\\{sign}" for sign in ',+"\\<>;='})
    return slapd.add(f"uid={dn},{PEOPLE}", values | more)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """What the settings name besides the address."""
    password = tmp_path / "password"
    password.write_text(f"{SERVICE_PASSWORD}\n")
    return {
        "bind_dn": SERVICE,
        "password_file": password,
        "ca_file": authority("the university's").write(tmp_path),
    }


def names(
    directory: LdapDirectory, filter_: str = "(uid=p*)", base: str = PEOPLE, page: int = 3
) -> list[str]:
    found = directory.search(base, filter_, ["uid"], page=page)
    return sorted(entry.values("UID")[0] for entries in found for entry in entries)


@pytest.mark.parametrize("page", [1, 3, 7, 500])
def test_every_entry_whatever_the_page(slapd: Slapd, files: dict[str, Any], page: int) -> None:
    with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
        assert names(directory, page=page) == [f"p{number}" for number in range(7)]


def test_bytes_that_are_no_text_spoil_nothing_else(slapd: Slapd, files: dict[str, Any]) -> None:
    add(slapd, "odd", jpegPhoto=[b"\xff\xd8\xe9"])
    with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
        ((entry,),) = directory.search(PEOPLE, "(uid=odd)", ["sn", "jpegPhoto"])
    assert entry.values("sn") == ("Ñandú",)
    assert entry.values("jpegPhoto")[0].encode("utf-8", "surrogateescape") == b"\xff\xd8\xe9"


class TestTls:
    """Nothing is said, least of all a password, to a server nobody vouches for."""

    @pytest.fixture(params=["ldaps", "StartTLS"])
    def url(self, request: pytest.FixtureRequest, slapd: Slapd) -> str:
        return slapd.tls_url if request.param == "ldaps" else slapd.url

    def test_the_authority_named(self, url: str, files: dict[str, Any]) -> None:
        for host in ("127.0.0.1", "localhost"):
            with LdapDirectory(LdapServer(url=url.replace("127.0.0.1", host), **files)) as directory:
                assert len(names(directory)) == 7

    def test_no_authority_or_another_one(self, url: str, files: dict[str, Any], tmp_path: Path) -> None:
        another = tmp_path / "another"
        another.mkdir()
        for ca_file in (None, authority("somebody else's").write(another)):
            server = LdapServer(url=url, **files | {"ca_file": ca_file})
            with (
                LdapDirectory(server) as directory,
                pytest.raises(LdapMisconfigured, match="certificate") as no,
            ):
                names(directory)
            assert "ca_file" in no.value.remedy

    def test_another_servers_certificate(self, files: dict[str, Any]) -> None:
        slapd = Slapd(vouched_by=authority("the university's"), names=("ldap.univ-demo.fr",))
        slapd.start()
        try:
            for url in (slapd.tls_url, slapd.url):
                with (
                    LdapDirectory(LdapServer(url=url, **files)) as directory,
                    pytest.raises(LdapMisconfigured, match=r"certificate.*127\.0\.0\.1"),
                ):
                    names(directory)
        finally:
            slapd.stop()

    def test_switched_off_by_an_operator(self, url: str, files: dict[str, Any]) -> None:
        server = LdapServer(url=url, verify_certificate=False, **files | {"ca_file": None})
        with LdapDirectory(server) as directory:
            assert len(names(directory)) == 7

    def test_a_server_without_tls(self, files: dict[str, Any]) -> None:
        slapd = Slapd()
        slapd.start()
        try:
            with (
                LdapDirectory(LdapServer(url=slapd.url, **files)) as directory,
                pytest.raises(LdapMisconfigured, match="TLS"),
            ):
                names(directory)
        finally:
            slapd.stop()

    def test_an_authority_that_cannot_be_read(self, url: str, files: dict[str, Any], tmp_path: Path) -> None:
        empty = tmp_path / "empty.pem"
        empty.touch()
        for ca_file in (tmp_path / "missing.pem", empty):
            with pytest.raises(LdapMisconfigured, match="authorities' certificates"):
                LdapDirectory(LdapServer(url=url, **files | {"ca_file": ca_file}))


class TestFaults:
    def test_nobody_listens(self, files: dict[str, Any]) -> None:
        with (
            LdapDirectory(LdapServer(url=f"ldap://127.0.0.1:{free_port()}", **files)) as directory,
            pytest.raises(LdapUnavailable, match="refused"),
        ):
            names(directory)

    def test_down_half_way_then_back(self, slapd: Slapd, files: dict[str, Any]) -> None:
        with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
            pages = directory.search(PEOPLE, "(uid=p*)", ["uid"], page=3)
            assert len(next(pages)) == 3
            slapd.pause()
            try:
                with pytest.raises(LdapUnavailable):
                    next(pages)
            finally:
                slapd.resume()
            assert len(names(directory)) == 7

    @pytest.mark.parametrize("written", ["wrong", "", None])
    def test_the_password(self, slapd: Slapd, files: dict[str, Any], written: str | None) -> None:
        if written is None:
            files["password_file"].unlink()
        else:
            files["password_file"].write_text(written)
        with (
            LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory,
            pytest.raises(LdapMisconfigured) as refused,
        ):
            names(directory)
        assert "password" in str(refused.value)
        assert "wrong" not in str(refused.value)

    def test_no_such_branch(self, slapd: Slapd, files: dict[str, Any]) -> None:
        with (
            LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory,
            pytest.raises(LdapMisconfigured, match="no such branch"),
        ):
            names(directory, base=f"ou=nowhere,{PEOPLE}")

    def test_a_filter_that_is_none(self, slapd: Slapd, files: dict[str, Any]) -> None:
        with (
            LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory,
            pytest.raises(LdapMisconfigured, match="filter"),
        ):
            names(directory, filter_="(uid=p*")

    def test_a_directory_that_shows_a_part_is_not_believed(self, files: dict[str, Any]) -> None:
        slapd = Slapd(vouched_by=authority("the university's"), most=5)
        slapd.start()
        try:
            for number in range(6):
                slapd.add_person(f"p{number}", "Mot-de-passe-1")
            with (
                LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory,
                pytest.raises(LdapMisconfigured, match="part of the entries") as refused,
            ):
                names(directory, page=2)
            assert "limit" in refused.value.remedy
        finally:
            slapd.stop()


WORDS = [
    "*",
    ")(uid=*",
    "*)(objectClass=*))(|(uid=*",
    "a\\2ab",
    "\\",
    "a>=b",
    "a:=b",
    "<~=",
    "ünïcode",
    " a ",
    "a,b=c",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_persons_words_are_compared_and_nothing_more(
    slapd: Slapd, files: dict[str, Any], word: str
) -> None:
    """24. LDAP filter injection."""
    with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
        assert names(directory, filled("(uid={uid})", {"uid": word})) == []
        dn = slapd.add(
            f"cn=word,{PEOPLE}",
            {"cn": ["word"], "uid": [word], "sn": ["x"], "objectClass": ["inetOrgPerson"]},
        )
        try:
            assert names(directory, filled("(uid={uid})", {"uid": word})) == [word]
        finally:
            slapd._client(("ldapdelete", dn), SERVICE, SERVICE_PASSWORD)


class TestChanges:
    def test_single_values(self, slapd: Slapd, files: dict[str, Any]) -> None:
        dn = add(slapd, "w1", **{MAILS: ["{PERSO}a@b.fr", "{SECOURS}old@b.fr"]})
        with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
            directory.modify(dn, [LdapChange(MAILS, ("{SECOURS}old@b.fr",), ("{SECOURS}new@b.fr",))])
        assert slapd.values(dn, MAILS) == {"{PERSO}a@b.fr", "{SECOURS}new@b.fr"}

    def test_all_or_none(self, slapd: Slapd, files: dict[str, Any]) -> None:
        dn = add(slapd, "w2")
        with (
            LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory,
            pytest.raises(LdapRefused, match=r"objectClassViolation") as refused,
        ):
            directory.modify(
                dn,
                [
                    LdapChange(MAILS, add=("{SECOURS}new@b.fr",)),
                    LdapChange("mailDeliveryOption", add=("mailbox",)),
                ],
            )
        assert slapd.values(dn, MAILS) == set()
        assert "object classes" in refused.value.remedy

    def test_somebody_else_was_quicker(self, slapd: Slapd, files: dict[str, Any]) -> None:
        dn = add(slapd, "w3", **{MAILS: ["{SECOURS}theirs@b.fr"]})
        with LdapDirectory(LdapServer(url=slapd.tls_url, **files)) as directory:
            for change in (
                LdapChange(MAILS, ("{SECOURS}read@b.fr",), ("{SECOURS}new@b.fr",)),
                LdapChange(MAILS, add=("{SECOURS}theirs@b.fr",)),
            ):
                with pytest.raises(LdapUnavailable):
                    directory.modify(dn, [change])
            assert len(names(directory)) == 7, "the connection is as good as before"
        assert slapd.values(dn, MAILS) == {"{SECOURS}theirs@b.fr"}
