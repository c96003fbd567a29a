"""Settings of directories and webhooks: what would be unsafe or senseless is refused at the start, with what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kc_bridge.channels.delivery import KEPT, forget_delivered
from kc_bridge.channels.settings import LdapServer, LdapWriteback
from kc_bridge.settings import Settings, SourceSettings, load
from kc_bridge.store.database import open_engine
from kc_bridge.store.models import OutboxMessage
from sync.scheduler import telling_jobs
from tests.support.bridge import FixedClock, make_app, make_person, services_of

PASSWORD = {"bind_dn": "cn=kcb", "password_file": "password"}
WRITEBACK = {"url": "ldaps://ldap.univ.fr", "base": "dc=univ"}


@pytest.mark.parametrize("url", ["ldaps://ldap.univ.fr", "ldap://ldap.univ.fr:1389", "ldap://[::1]"])
def test_addresses(url: str) -> None:
    assert LdapServer.model_validate({"url": url} | PASSWORD).protected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "https://ldap.univ.fr"}, "no address of a directory"),
        ({"url": "ldap.univ.fr"}, "no address of a directory"),
        ({"url": "ldaps://ldap.univ.fr/dc=univ"}, "no address of a directory"),
        ({"url": "ldap://ldap.univ.fr", "start_tls": False, **PASSWORD}, "sent in clear"),
        ({"url": "ldap://localhost.evil.test", "start_tls": False, **PASSWORD}, "sent in clear"),
        ({"url": "ldaps://ldap.univ.fr", "bind_dn": "cn=kcb"}, "belong together"),
        ({"url": "ldaps://ldap.univ.fr", "password_file": "password"}, "belong together"),
        ({"url": "ldaps://ldap.univ.fr", "timeout": 0}, "timeout"),
        ({"url": "ldaps://ldap.univ.fr", "tls": True}, "tls"),
    ],
)
def test_servers_that_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LdapServer.model_validate(options)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_the_same_machine_nobody_listens(host: str) -> None:
    assert not LdapServer.model_validate({"url": f"ldap://{host}", "start_tls": False} | PASSWORD).protected


@pytest.mark.parametrize("filter_", ["(uid=x)", "(uid={name})", "(uid={uid)", "(uid={})"])
def test_filters_that_name_nobody(filter_: str) -> None:
    with pytest.raises(ValidationError, match="filter"):
        LdapWriteback.model_validate(WRITEBACK | {"filter": filter_})


def test_what_is_written_is_not_read_as_news() -> None:
    def settings(resource: str, populations: list[str], **changed: Any) -> Settings:
        options = {"url": "ldap://ldap.univ.fr:389", "base": "dc=univ", "resource": resource}
        source = SourceSettings(name="annuaire", kind="ldap", populations=populations, options=options)
        return Settings(ldap_writeback=LdapWriteback.model_validate(WRITEBACK | changed), sources=[source])

    for resource in ("COMPTE", "{compte}"):
        with pytest.raises(ValidationError, match=r"annuaire.*supannRessourceEtatDate"):
            settings(resource, ["staff"])
    assert settings("COMPTE", ["student"])
    assert settings("RH", ["staff", "guest"])
    assert settings("COMPTE", ["staff"], url="ldaps://other.univ.fr")
    assert settings("COMPTE", ["staff"], attributes=["supannMailPrive"])


def test_one_name_for_each_receiver(tmp_path: Path) -> None:
    hook = {"name": "a", "url": "https://a.fr/", "secret_file": "s"}
    with pytest.raises(ValidationError, match="two webhooks are called « a »"):
        Settings(webhooks=[hook, hook])  # type: ignore[list-item]


def test_files_are_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kcb.toml").write_text(
        """
        [ldap_writeback]
        url = "ldaps://ldap.univ.fr"
        base = "dc=univ"
        bind_dn = "cn=kcb"
        password_file = "secrets/ldap"
        ca_file = "/etc/ssl/ca.pem"
        [[webhooks]]
        name = "badges"
        url = "https://badges.univ.fr/"
        secret_file = "secrets/badges"
        timeout = 5
        [[sources]]
        name = "annuaire"
        kind = "ldap"
        options = { url = "ldaps://ldap.univ.fr", base = "dc=univ", ca_file = "ca.pem" }
        """
    )
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "kcb.toml"))
    settings = load()
    assert settings.ldap_writeback is not None
    assert settings.ldap_writeback.password_file == tmp_path / "secrets/ldap"
    assert settings.ldap_writeback.ca_file == Path("/etc/ssl/ca.pem")
    assert settings.webhooks[0].secret_file == tmp_path / "secrets/badges"
    assert settings.webhooks[0].timeout == timedelta(seconds=5)
    assert settings.sources[0].options["ca_file"] == str(tmp_path / "ca.pem")


def test_a_thread_for_each_channel(tmp_path: Path) -> None:
    hooks = [{"name": name, "url": "https://a.fr/", "secret_file": "s"} for name in ("a", "b")]
    database = f"sqlite:///{tmp_path / 'kcb.db'}"
    settings = Settings(database_url=database, ldap_writeback=WRITEBACK, webhooks=hooks)  # type: ignore[arg-type]
    assert [job.name for job in telling_jobs(settings, open_engine(database))] == [
        "outbox.ldap",
        "outbox.webhook.a",
        "outbox.webhook.b",
    ]
    assert telling_jobs(Settings(database_url=database), open_engine(database)) == []


def test_what_was_delivered_is_forgotten(tmp_path: Path) -> None:
    clock = FixedClock()
    app = make_app(tmp_path, clock)
    person = make_person(app)
    with services_of(app).sessions.begin() as db:
        for channel in ("mail", "ldap"):
            for state in ("sent", "expired", "waiting", "dead"):
                message = {"kind": "k", "payload": {}, "created_at": clock(), "not_before": clock()}
                key = f"{channel}:{state}"
                db.add(
                    OutboxMessage(
                        channel=channel, state=state, dedupe_key=key, person_id=person.id, **message
                    )
                )
    clock.advance(days=KEPT.days)
    assert forget_delivered(services_of(app)) == 0
    clock.advance(seconds=1)
    assert forget_delivered(services_of(app)) == 2
    with services_of(app).sessions() as db:
        left = {row.dedupe_key for row in db.query(OutboxMessage)}
    assert len(left) == 6
    assert not left & {"ldap:sent", "ldap:expired"}
