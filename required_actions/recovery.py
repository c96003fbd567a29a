"""Lost passwords: who may be written to, and the secret question a link may ask in addition.

The answer is never the only factor (scenario 12): it is asked of whoever has opened a link mailed to the backup mail.
"""

from __future__ import annotations

from datetime import date, datetime

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour
from sqlalchemy import update
from sqlalchemy.orm import Session

from kc_bridge.domain import recovery as rules
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.services import Services
from kc_bridge.store import audit, throttle
from kc_bridge.store.activation import Link
from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.models import Person
from required_actions import backup_mails, links
from required_actions.secret_answers import hashed, is_outdated, matches

__all__ = ["ACTION", "PER_DAY", "PER_HOUR", "answer", "may_be_mailed", "question_of"]

ACTION = "kcb-new-password"
PER_HOUR: RateLimitItem = RateLimitItemPerHour(5, 1, namespace="answer-hour")
"""Tries at one person's answer, right or wrong, from wherever."""
PER_DAY: RateLimitItem = RateLimitItemPerDay(10, 1, namespace="answer-day")
"""Answers are words: the hundred likeliest would otherwise be through in a day, for whoever reads the mailbox."""


def may_be_mailed(
    db: Session, person: Person, profile: UniversityProfile, now: datetime, today: date
) -> bool:
    """True when a link for a lost password may be mailed to this person now."""
    account = rules.Account(
        state=person.state,
        activated=person.activated_at is not None,
        account_end=person.account_end,
        in_keycloak=person.keycloak_id is not None,
        backup_mail=person.personal_mail,
        mailbox_read=backup_mails.is_proved(db, person),
        has_question=db.get(SecurityAnswer, person.id) is not None,
        frozen_until=person.address_frozen_until,
    )
    return rules.may_be_mailed(account, profile.recovery, now, today)


def question_of(db: Session, profile: UniversityProfile, link: Link) -> str | None:
    """The question whoever opens this link is asked besides; None: the link is enough."""
    kept = db.get(SecurityAnswer, link.person_id) if link.purpose == links.RECOVERY else None
    return kept.question if kept and rules.asks_question(profile.recovery, has_question=True) else None


def answer(kcb: Services, person_id: str, said: str) -> bool:
    """Whether this is the person's answer. The try is counted, and that is committed, before anything is compared.

    Raises :class:`TooManyTries`.
    """
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        throttle.spend(db, now, (PER_HOUR, person_id), (PER_DAY, person_id))
    with kcb.sessions() as db:
        known = db.get(SecurityAnswer, person_id)
    kept = known.answer_hash if known else None
    right = matches(kept, said)
    again = hashed(said) if right and kept and is_outdated(kept) else None
    with kcb.sessions.begin() as db:
        if again:
            same = SecurityAnswer.person_id == person_id, SecurityAnswer.answer_hash == kept
            db.execute(update(SecurityAnswer).where(*same).values(answer_hash=again))
        audit.record(db, now, "person", "recovery.answered", person_id, right=right)
    return right
