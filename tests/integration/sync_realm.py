"""What a realm and the bridge must hold together, whatever failed before."""

from __future__ import annotations

from collections import Counter

from kc_bridge.store import models
from tests.integration.kcb_realm import KcbRealm
from tests.support.sync_world import World

__all__ = ["clear", "held", "nothing_doubled", "owed", "repaired"]

MOST = 5000


def held(realm: KcbRealm) -> Counter[str]:
    """How many users Keycloak holds of each person, by our mark."""
    users = realm.call("GET", "users", params={"max": MOST, "briefRepresentation": False})
    return Counter(user["attributes"]["kcbKey"][0] for user in users)


def owed(world: World) -> int:
    """Persons recorded here of whom Keycloak has not said that it holds them."""
    with world.sessions() as session:
        return session.query(models.Person).filter(models.Person.digest.is_(None)).count()


def nothing_doubled(realm: KcbRealm, world: World) -> None:
    """One user a person, one mail at most."""
    assert max(held(realm).values(), default=1) == 1
    assert max(Counter(world.mails()).values(), default=1) == 1


def repaired(realm: KcbRealm, world: World, people: int) -> None:
    """The next run leaves every person with one user and one mail, the one after has nothing to do."""
    assert world.run().status == "ok"
    assert set(held(realm).values()) == {1}
    assert len(held(realm)) == len(world.mails()) == people
    nothing_doubled(realm, world)
    report = world.run()
    assert (report.plan.writes, report.status, owed(world)) == (0, "ok", 0)


def clear(realm: KcbRealm) -> None:
    """Nobody is left."""
    for user in realm.call("GET", "users", params={"max": MOST}):
        realm.call("DELETE", f"users/{user['id']}")
