"""A small university for tests of the sync: files, a database, a clock to set, and a directory in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from kc_bridge.domain.buckets import Buckets, Sums, bucket
from kc_bridge.domain.errors import KeycloakUnavailable
from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import Directory, DirectoryUser, Held, HeldUser, Result, Status, Write, WriteKind
from kc_bridge.settings import Settings, SourceSettings
from kc_bridge.store import models
from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine, session_factory, upgrade
from kc_bridge.store.sync import Quarantine, SyncRun
from sync.engine import Report, SyncEngine
from sync.plan import Action, Kind
from sync.sources.build import build_sources
from tests.support.exports import STAFF, STUDENTS, staff
from tests.support.exports import student as student
from tests.support.quick import empty_database


class FakeDirectory:
    """Users in memory, with the promises of :class:`kc_bridge.ports.Directory`, and faults on demand."""

    def __init__(self, batch: int = 7) -> None:
        self.batch = batch
        self.held: dict[str, DirectoryUser] = {}
        """Users by id."""
        self.open: dict[str, bool] = {}
        self.passwords: dict[str, str] = {}
        """By id, of users who have chosen one."""
        self.steps: dict[str, tuple[str, ...]] = {}
        """Required actions by id."""
        self.writes: list[tuple[str, str]] = []
        """What was changed, and whose."""
        self.requests: list[list[Write]] = []
        self.fences: list[int] = []
        self.foreign: set[str] = set()
        """Usernames of users that are not ours."""
        self.down = False
        self.down_after: int | None = None
        """Number of changes after which it stops answering, in the middle of a request."""
        self.lose_answers = False
        self._lock = threading.Lock()

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:
        with self._lock:
            self.requests.append(list(writes))
            self.fences.append(fence)
            results = [self._one(write) for write in writes]
            if self.lose_answers:
                raise KeycloakUnavailable("the answer was lost")
        for write, result in zip(writes, results, strict=True):
            if result.user_id:
                self.written(write, result.user_id)
        return results

    def written(self, write: Write, user_id: str) -> None:
        """Between Keycloak's answer and the journal's note: what happens meanwhile."""

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        self._answer()
        for user_id, user in self.held.items():
            if buckets is None or bucket(user_id) in buckets:
                current = replace(user, enabled=self.open[user_id]).digest if attributes else None
                yield Held(user_id, user.key, user.username, self.open[user_id], user.digest, current)

    def summary(self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]) -> Buckets:
        sums = Sums(seed)
        for one in self.digests(attributes):
            sums.add(one.user_id, one.key, one.enabled, one.digest, one.current)
            on_user(1)
        return sums.buckets()

    def users(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[HeldUser]:
        self._answer()
        for user_id, user in self.held.items():
            if buckets is not None and bucket(user_id) not in buckets:
                continue
            known = {
                name: values for name, values in user.attributes.items() if name in attributes and values
            }
            names = (user.username, user.email, user.first_name, user.last_name)
            yield HeldUser(user_id, user.key, *names, self.open[user_id], known)

    def _one(self, write: Write) -> Result:
        self._answer()
        user = write.user
        if user.username in self.foreign:
            return Result(Status.CONFLICT, reason=f"{user.username} is somebody else's")
        user_id = self._look_up(write)
        if user_id is None:
            return self._create(user) if write.kind is WriteKind.CREATE else Result(Status.ABSENT)
        if self.held[user_id].key != user.key:
            return Result(Status.NOT_OWNED)
        if write.kind is WriteKind.DELETE:
            return self._delete(user_id)
        if write.forget:
            self.passwords.pop(user_id, None)
            self.steps[user_id] = user.required_actions
        return self._change(write.kind, user_id, user)

    def _look_up(self, write: Write) -> str | None:
        if write.user_id in self.held:
            return write.user_id
        return next((i for i, user in self.held.items() if user.key == write.user.key), None)

    def _create(self, user: DirectoryUser) -> Result:
        user_id = f"kc-{user.key[:30]}"
        self.held[user_id], self.open[user_id] = user, user.enabled
        self.steps[user_id] = user.required_actions
        self.writes.append(("create", user.username))
        return Result(Status.CREATED, user_id)

    def _change(self, kind: WriteKind, user_id: str, user: DirectoryUser) -> Result:
        wanted = {WriteKind.DISABLE: False, WriteKind.UPDATE: self.open[user_id]}.get(kind, True)
        if (self.held[user_id].digest, self.open[user_id]) == (user.digest, wanted):
            return Result(Status.UNCHANGED, user_id)
        self.held[user_id], self.open[user_id] = user, wanted
        self.writes.append((kind.value, user.username))
        return Result(CHANGED[kind], user_id)

    def _delete(self, user_id: str) -> Result:
        if self.open[user_id]:
            return Result(Status.INVALID, user_id, "enabled")
        self.writes.append(("delete", self.held[user_id].username))
        del self.held[user_id], self.open[user_id]
        return Result(Status.DELETED, user_id)

    def _answer(self) -> None:
        if self.down or (self.down_after is not None and len(self.writes) >= self.down_after):
            raise KeycloakUnavailable("status 503")


CHANGED = {
    WriteKind.CREATE: Status.UPDATED,
    WriteKind.UPDATE: Status.UPDATED,
    WriteKind.ENABLE: Status.ENABLED,
    WriteKind.DISABLE: Status.DISABLED,
}


class World:
    """Everything a run needs, in one folder."""

    def __init__(
        self, folder: Path, directory: Directory | None = None, settings: Settings | None = None
    ) -> None:
        self.directory = FakeDirectory()
        self.used: Directory = directory or self.directory
        self.now = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
        self.students_file = folder / "students.csv"
        self.staff_file = folder / "staff.csv"
        sources = [
            SourceSettings(name="apogee", path=self.students_file),
            SourceSettings(name="rh", path=self.staff_file, mapping="staff", populations=["staff", "guest"]),
        ]
        self.settings = settings or Settings(database_url=f"sqlite:///{folder / 'sync.db'}")
        self.settings = self.settings.model_copy(update={"sources": sources})
        self.profile = load_profile("default")
        self.database = open_engine(self.settings.database_url)
        if self.database.dialect.name == "sqlite":
            path = Path(self.database.url.database or "")
            if not path.exists():
                path.write_bytes(empty_database())
        else:
            upgrade(self.database)
        self.sessions = session_factory(self.database)
        self.students([])
        self.staff([staff()])

    def students(self, lines: Iterable[str], *, header: str = STUDENTS, encoding: str = "utf-8") -> None:
        self.students_file.write_bytes(("\r\n".join([header, *lines]) + "\r\n").encode(encoding))

    def staff(self, lines: Iterable[str]) -> None:
        self.staff_file.write_text("\n".join([STAFF, *lines]) + "\n", "utf-8")

    def begin_fences_at(self, fence: int) -> None:
        """For a realm that has seen another world's runs, whose clock was ahead of this one's."""
        with self.sessions.begin() as session:
            session.add(SyncRun(started_at=self.now, status="failed", fence=fence))

    def engine(self) -> SyncEngine:
        return SyncEngine(
            self.settings,
            self.profile,
            self.database,
            build_sources(self.settings, self.profile),
            lambda: self.used,
            clock=lambda: self.now,
        )

    def run(self) -> Report:
        return self.engine().run()

    def planned(self) -> list[Action]:
        """What the next run would write to Keycloak."""
        with self.engine().prepare() as prepared:
            return [action for action in prepared.plan.actions if action.kind is not Kind.NOTHING]

    def nothing_to_do(self) -> bool:
        """Whether the next run would look at nobody."""
        with self.engine().prepare() as prepared:
            return not prepared.plan.tally

    def on(self, year: int, month: int, day: int, hour: int = 8) -> World:
        self.now = datetime(year, month, day, hour, tzinfo=UTC)
        return self

    def person(self, key: str) -> models.Person:
        with self.sessions() as session:
            return session.scalars(select(models.Person).where(models.Person.key == key)).one()

    def count(self, table: type[Base]) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def mails(self) -> list[str]:
        """Login of everybody a mail was queued for, once a message."""
        with self.sessions() as session:
            return [
                m.person.login
                for m in session.scalars(select(models.OutboxMessage).order_by(models.OutboxMessage.id))
            ]

    def quarantine(self) -> list[Quarantine]:
        with self.sessions() as session:
            return list(session.scalars(select(Quarantine).order_by(Quarantine.line)))

    def last_run(self) -> SyncRun:
        with self.sessions() as session:
            return session.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(1)).one()
