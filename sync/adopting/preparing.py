"""What an adoption is planned from: the people the sources know, and the users Keycloak has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from kc_bridge.domain.person import key_digest
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.ports import Directory, DirectoryUser, HeldUser
from sync.adopting.details import Details
from sync.adopting.plan import AdoptionPlan, Candidate, make_plan
from sync.adopting.ways import Activity, Ways, said_by
from sync.engine import NO_PROGRESS, Progress, SyncEngine
from sync.people.desired import Account, desired_user
from sync.people.model import Subject
from sync.rules.lifecycle import Standing, standing

__all__ = ["prepare"]


def prepare(
    engine: SyncEngine,
    uid_of: Mapping[str, str],
    profile: UniversityProfile,
    directory: Directory,
    details: Details,
    ways: Ways,
    activity: Activity,
    today: date,
    progress: Progress = NO_PROGRESS,
) -> AdoptionPlan:
    """Reads every source and every user; writes nothing. ``uid_of``: uid → key of everybody the bridge knows.

    Raises :class:`sync.sources.base.SourceError`, :class:`kc_bridge.domain.errors.KeycloakUnavailable`.
    """
    candidates = list(_candidates(engine, profile, ways, today, progress))
    wanted = {"uid", "locale", *ways.attributes, *activity.attributes}
    if candidates:
        user, _ = candidates[0].user(candidates[0].made, False)
        wanted |= user.attributes.keys()
    return make_plan(
        candidates,
        _counted(directory.users(sorted(wanted)), progress.stage("Users of Keycloak")),
        ways.by_name,
        active=activity.tells,
        looked_at=partial(_looked_at, details, activity),
        uid_of=uid_of,
    )


def _looked_at(details: Details, activity: Activity, user: HeldUser) -> HeldUser:
    if user.administrator is None or user.federated is None:
        user = replace(
            user,
            administrator=details.administrator(user.user_id),
            federated=details.federated(user.user_id),
        )
    if activity.needs_password and user.has_password is None:
        user = replace(user, has_password=details.has_password(user.user_id))
    return user


def _counted(users: Iterable[HeldUser], on_user: Callable[[int], None]) -> Iterator[HeldUser]:
    for user in users:
        on_user(1)
        yield user


def _candidates(
    engine: SyncEngine, profile: UniversityProfile, ways: Ways, today: date, progress: Progress
) -> Iterator[Candidate]:
    """Everybody without a user, and those an interrupted adoption has begun with: their records were not read yet."""
    with engine.prepare(progress) as prepared:
        for action in prepared.plan.actions:
            subject = action.subject
            if subject.known is None or not subject.known.affiliations:
                yield _candidate(subject, profile, ways, today)


def _candidate(subject: Subject, profile: UniversityProfile, ways: Ways, today: date) -> Candidate:
    return Candidate(
        key=subject.key,
        mark=key_digest(subject.key),
        said=said_by(subject.key, subject.identity, subject.given, ways),
        given=subject.given,
        made=subject.account,
        identity=subject.identity,
        user=partial(_wanted, subject, profile, today),
    )


def _wanted(
    subject: Subject, profile: UniversityProfile, today: date, account: Account, active: bool
) -> tuple[DirectoryUser, Standing]:
    where = standing(subject.affiliations, today, activated=active, lifecycle=profile.lifecycle)
    return desired_user(subject.identity, account, where, profile, profile.languages[0]), where
