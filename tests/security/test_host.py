"""21 and 10. Host and X-Forwarded-*: forged ones change no address that leaves, nor who the client is."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, request

from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person
from tests.support.visitor import PASSWORD, Visitor

FORGED = {
    "Host": "evil.test",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Server": "evil.test",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "666",
    "X-Host": "evil.test",
    "X-Original-URL": "//evil.test",
    "X-Rewrite-URL": "//evil.test",
    "Forwarded": "host=evil.test;proto=http",
}
PATHS = [
    "/",
    "//aide",
    "/aide/",
    "/activation",
    "/activation/",
    "/activation//",
    "/activation/done",
    "/l/x",
    "//",
    "/nowhere",
]


@pytest.mark.parametrize("proxies", [0, 1])
def test_no_address_of_ours_follows_them(tmp_path: Path, clock: FixedClock, proxies: int) -> None:
    app = make_app(tmp_path, clock, trusted_proxies=proxies)
    for path in PATHS:
        response = Visitor(app).get(path, headers=FORGED)
        assert "evil" not in f"{response.headers}{response.get_data(as_text=True)}", path
        assert response.status_code < 500


def test_the_whole_wizard_under_a_forged_host(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    handoff = realm.handoff(make_person(app))
    seen = [visitor.get(f"/activation/enter?handoff={handoff}", headers=FORGED)]
    seen += [visitor.get(path, headers=FORGED) for path in ("/activation/", "/activation/charter")]
    seen += [visitor.post("/activation/charter", {"accept": "y"}, headers=FORGED)]
    seen += [visitor.get("/activation/new-password", headers=FORGED)]
    passwords = {"password": PASSWORD, "confirmation": PASSWORD}
    seen += [visitor.post("/activation/new-password", passwords, headers=FORGED)]
    seen += [visitor.get("/activation/leave", headers=FORGED)]
    assert [response.status_code for response in seen] == [303, 303, 200, 303, 200, 303, 200]
    assert "kcb_proof=proof-" in seen[-1].headers["Refresh"]
    for response in seen:
        assert "evil" not in f"{response.headers}{response.get_data(as_text=True)}"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, None, "192.0.2.7"),
        (0, "203.0.113.1", "192.0.2.7"),
        (0, "203.0.113.1, 203.0.113.2", "192.0.2.7"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "10.0.0.1, 203.0.113.1", "203.0.113.1"),
        (1, "10.0.0.1, 10.0.0.2, 203.0.113.1", "203.0.113.1"),
        (2, "10.0.0.1, 203.0.113.1, 198.51.100.1", "203.0.113.1"),
        (2, "203.0.113.1", "192.0.2.7"),
        (1, None, "192.0.2.7"),
    ],
)
def test_the_client_is_whom_our_own_proxies_saw(
    tmp_path: Path, clock: FixedClock, proxies: int, forwarded: str | None, client: str
) -> None:
    app = make_app(tmp_path, clock, trusted_proxies=proxies)
    app.add_url_rule("/who", view_func=lambda: str(request.remote_addr))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    response = Visitor(app).get("/who", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert response.get_data(as_text=True) == client


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_no_proxy_names_the_host(tmp_path: Path, clock: FixedClock, proxies: int) -> None:
    app = make_app(tmp_path, clock, trusted_proxies=proxies)
    app.add_url_rule("/where", view_func=lambda: request.host_url)
    forged = {name: value for name, value in FORGED.items() if name != "Host"}
    assert "evil" not in Visitor(app).get("/where", headers=forged).get_data(as_text=True)
