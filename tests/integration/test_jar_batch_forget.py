"""What opened an account of old goes with its owner's data: ``forget`` makes a user as at its creation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.batch_rows import row, send, statuses, write
from tests.integration.jar_realm import GOOD, OTP, JarRealm
from tests.integration.test_jar_password_store import change, federation

__all__ = ["federation"]

STEPS = ["kcb-charter", "kcb-new-password"]


def person(jar: JarRealm, **more: Any) -> tuple[dict[str, Any], str]:
    """Somebody with a password, a former one and a second factor; a step of an application of old waits."""
    wanted = row()
    user = jar.user(
        wanted["username"],
        actions=["kcb-photo-use"],
        attributes={"kcbKey": [wanted["key"]]},
        credentials=[{"type": "password", "value": "Ancien-mot-2025!"}, OTP],
        **more,
    )
    jar.call("PUT", f"users/{user['id']}/reset-password", {"type": "password", "value": GOOD})
    assert credentials(jar, user["id"]) == ["otp", "password", "password-history"]
    return wanted | {"id": user["id"], "requiredActions": STEPS}, user["id"]


def credentials(jar: JarRealm, user_id: str) -> list[str]:
    return sorted(one["type"] for one in jar.call("GET", f"users/{user_id}/credentials"))


@pytest.mark.parametrize("do", ["update", "enable", "disable"])
def test_nothing_of_before_opens_the_account(jar: JarRealm, do: str) -> None:
    wanted, user_id = person(jar, enabled=False)
    others, other_id = person(jar)
    write(jar, wanted | {"do": do, "forget": True}, others | {"do": "update"})
    assert (credentials(jar, user_id), jar.pending(user_id)) == ([], STEPS)
    assert credentials(jar, other_id) == ["otp", "password", "password-history"], "only of whom it is asked"
    assert jar.pending(other_id) == ["kcb-photo-use"]
    assert statuses(write(jar, wanted | {"do": do, "forget": True})) == ["unchanged"]


def test_content_that_is_refused_keeps_no_password(jar: JarRealm) -> None:
    wanted, user_id = person(jar)
    wrong = wanted | {"do": "disable", "forget": True, "email": "no mail"}
    (result,) = write(jar, wrong)
    assert (result["status"], "content not written" in result["reason"]) == ("disabled", True)
    assert credentials(jar, user_id) == []


def test_a_step_the_server_does_not_have_is_left_out(jar: JarRealm) -> None:
    wanted, user_id = person(jar)
    write(jar, wanted | {"do": "update", "forget": True, "requiredActions": [*STEPS, "kcb-unheard-of"]})
    assert (credentials(jar, user_id), jar.pending(user_id)) == ([], STEPS)


def test_in_a_realm_with_a_federation_too(jar: JarRealm, federation: dict[str, Any]) -> None:
    change(jar, federation, enabled="false")  # there is no server to ask for unknown names
    wanted, user_id = person(jar, enabled=False)
    assert statuses(write(jar, wanted | {"do": "enable", "forget": True})) == ["enabled"]
    assert (credentials(jar, user_id), jar.pending(user_id)) == ([], STEPS)


def test_who_is_not_ours_forgets_nothing(jar: JarRealm) -> None:
    wanted, user_id = person(jar)
    answer = write(jar, wanted | {"do": "update", "forget": True, "key": "somebody else's"})
    assert statuses(answer) == ["not_owned"]
    assert "password" in credentials(jar, user_id)


def test_a_flag_is_a_flag(jar: JarRealm) -> None:
    refused = send(jar, row("update", forget="yes"))
    assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": "users.0.forget"})
