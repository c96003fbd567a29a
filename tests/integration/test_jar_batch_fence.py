"""A run that has been overtaken writes nothing any more (scenario 34)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.integration.batch_rows import fence, row, send, statuses, write
from tests.integration.jar_realm import JarRealm


def there(jar: JarRealm, name: str) -> bool:
    return bool(jar.call("GET", "users", params={"username": name, "exact": True}))


def test_an_older_number_is_refused(jar: JarRealm) -> None:
    old, new = fence(), fence()
    late, lost = row(), row()
    assert statuses(write(jar, row(), number=old)) == ["created"]
    assert statuses(write(jar, row(), number=new)) == ["created"]
    refused = send(jar, late, number=old)
    assert (refused.status_code, refused.json()) == (409, {"error": "stale_fence", "fence": new})
    assert not there(jar, late["username"])
    assert statuses(write(jar, lost, number=new)) == ["created"]  # the same number goes on


def test_the_number_is_kept_in_keycloak(jar: JarRealm) -> None:
    """Not in memory: on the service account, which restarts and other nodes share; saving the account keeps it."""
    number = fence()
    write(jar, row(), number=number)
    client = jar.call("GET", "clients", params={"clientId": "kc-bridge-sync"})[0]["id"]
    account = jar.call("GET", f"clients/{client}/service-account-user")
    assert account["attributes"]["kcbFence"] == [str(number)]
    jar.call("PUT", f"users/{account['id']}", account)
    assert send(jar, row(), number=number - 1).status_code == 409
    assert send(jar, number=number - 1).status_code == 409  # nothing to write, and told all the same


def test_overtaken_in_the_middle(jar: JarRealm) -> None:
    """The older run is refused at its next chunk, or has ended before the newer one began."""
    old, new = fence(), fence()
    mine = [row(username=f"o{uuid.uuid4().hex[:8]}") for _ in range(400)]
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(send, jar, *mine, number=old)
        # As soon as the first rows are there: the older run is in the middle.
        while not there(jar, mine[0]["username"]) and not running.done():
            pass
        overtaking = write(
            jar, *(r | {"lastName": "Newer", "digest": "newer"} for r in mine[:50]), number=new
        )
        refused = running.result()
    assert set(statuses(overtaking)) == {"updated"}
    if refused.status_code == 409:
        assert refused.json() == {"error": "stale_fence", "fence": new}
        assert not there(jar, mine[-1]["username"])
    again = write(jar, *(r | {"lastName": "Newer", "digest": "newer"} for r in mine[:50]), number=new)
    assert set(statuses(again)) == {"unchanged"}


def test_many_requests_of_one_run_begin_at_once(jar: JarRealm) -> None:
    number = fence()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(jar, row(), number=number), range(8)))
    assert [answer.json()["results"][0]["status"] for answer in answers] == ["created"] * 8
