"""Lost passwords: to whom a link may be mailed, and whom it asks besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kc_bridge.domain.recovery import Account, Mode, asks_question, may_be_mailed

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
TODAY = date(2026, 9, 7)
OWNER = Account(
    state="SupannActif",
    activated=True,
    account_end=None,
    in_keycloak=True,
    backup_mail="camille@perso.example",
    mailbox_read=True,
    has_question=False,
    frozen_until=None,
)


@pytest.mark.parametrize(
    "account",
    [
        OWNER,
        replace(OWNER, account_end=TODAY),
        replace(OWNER, frozen_until=NOW),
        replace(OWNER, has_question=True),
        replace(OWNER, state="SupannSursis"),
        replace(OWNER, state="SupannAnticipe"),
    ],
)
def test_an_account_that_works_and_a_mailbox_that_is_theirs(account: Account) -> None:
    assert may_be_mailed(account, "link", NOW, TODAY)
    assert may_be_mailed(account, "link-and-question", NOW, TODAY)
    assert not may_be_mailed(account, "off", NOW, TODAY)


@pytest.mark.parametrize(
    "change",
    [
        {"activated": False},
        {"state": "SupannCree"},
        {"state": "SupannExpire"},
        {"state": "SupannVerrouille"},
        {"in_keycloak": False},
        {"account_end": TODAY - timedelta(days=1)},
        {"frozen_until": NOW + timedelta(seconds=1)},
        {"backup_mail": None},
        {"backup_mail": ""},
    ],
)
@pytest.mark.parametrize("mode", ["link", "link-and-question"])
def test_nothing_is_sent(change: dict[str, object], mode: Mode) -> None:
    account = replace(OWNER, has_question=True, **change)  # type: ignore[arg-type]
    assert not may_be_mailed(account, mode, NOW, TODAY)


@pytest.mark.parametrize(
    ("mode", "has_question", "sent"),
    [
        ("link", False, False),
        ("link", True, False),
        ("link-and-question", False, False),
        ("link-and-question", True, True),
    ],
)
def test_a_mailbox_nobody_has_read_counts_with_the_question_only(
    mode: Mode, has_question: bool, sent: bool
) -> None:
    account = replace(OWNER, mailbox_read=False, has_question=has_question)
    assert may_be_mailed(account, mode, NOW, TODAY) is sent
    assert asks_question(mode, has_question) is sent
