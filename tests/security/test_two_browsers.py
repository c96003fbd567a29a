"""15. A handoff belongs to the browser that brought it first; passed on, sent twice or late, it opens nothing."""

from __future__ import annotations

from flask import Flask

from tests.support.bridge import FakeRealm, FixedClock, make_person
from tests.support.visitor import Visitor


def test_again_in_the_same_browser_goes_on(app: Flask, realm: FakeRealm) -> None:
    person, visitor = make_person(app), Visitor(app)
    address = f"/activation/enter?handoff={realm.handoff(person)}"
    assert visitor.get(address).status_code == 303
    cookie = visitor.cookie
    assert visitor.get(address).status_code == 303  # Back, or a refresh
    assert visitor.cookie == cookie
    assert visitor.get("/activation/charter").status_code == 200


def test_passed_on_after_it_was_used(app: Flask, realm: FakeRealm) -> None:
    address = f"/activation/enter?handoff={realm.handoff(make_person(app))}"
    assert Visitor(app).get(address).status_code == 303
    for other in (Visitor(app), (inside := Visitor(app))):
        if other is inside:
            other.enter(realm, make_person(app))
        assert other.get(address).status_code == 400


def test_a_second_handoff_of_a_login_in_another_browser_ends_it(app: Flask, realm: FakeRealm) -> None:
    person, ticket = make_person(app), "ticket-of-one-login"
    first, second = Visitor(app), Visitor(app)
    assert first.enter(realm, person, ticket=ticket).status_code == 200
    assert second.enter(realm, person, ticket=ticket).status_code == 400
    assert realm.ended == [ticket]
    assert second.get("/activation/charter").status_code == 410


def test_the_browser_is_still_known_after_its_session_was_renewed(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    person, ticket, visitor = make_person(app), "ticket-of-one-login", Visitor(app)
    assert visitor.enter(realm, person, ticket=ticket).status_code == 200
    visitor.get("/activation/done")
    clock.advance(minutes=10)
    assert visitor.enter(realm, person, ticket=ticket).status_code == 200
    assert realm.ended == []


def test_a_later_login_in_one_browser_replaces_the_earlier(app: Flask, realm: FakeRealm) -> None:
    one, two, visitor = make_person(app), make_person(app), Visitor(app)
    visitor.enter(realm, one)
    page = visitor.enter(realm, two).get_data(as_text=True)
    assert two.login in page
    assert one.login not in page


def test_what_the_head_of_a_page_does(app: Flask, realm: FakeRealm) -> None:
    """Scanners that ask for heads neither finish nor end anything."""
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    for path in ("/activation/charter", "/activation/", "/activation/leave"):
        assert visitor.request("HEAD", path).status_code in (200, 303)
    assert realm.completed == realm.ended == []
    assert visitor.post("/activation/charter", {"accept": "y"}).status_code == 303
