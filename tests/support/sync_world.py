"""A small university for tests of the sync: files, a database, a clock to set, and a directory in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from kc_bridge.domain.errors import KeycloakUnavailable, NotOwned
from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import Directory, DirectoryConflict, DirectoryUser
from kc_bridge.settings import Settings, SourceSettings
from kc_bridge.store import models
from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine, session_factory, upgrade
from kc_bridge.store.sync import Quarantine, SyncRun
from sync.engine import Report, SyncEngine
from sync.sources.build import build_sources
from tests.support.quick import empty_database

STUDENTS = (
    "COD_ETU;COD_NNE_IND;COD_CLE_NNE_IND;LIB_NOM_PAT_IND;LIB_NOM_USU_IND;LIB_PR1_IND;DATE_NAI_IND;MAIL_PERSO;"
    "NUM_TEL_PORT;COD_ANU;COD_ETP;LIB_ETP;ETA_IAE;DAT_CRE_IAE"
)
STAFF = "matricule;nom_naissance;nom_usage;prenom;date_naissance;mail_perso;population;debut;fin;employeur_ou_parrain"


def student(
    number: int = 22600001,
    *,
    last: str = "Martin",
    first: str = "Marie",
    usual: str = "",
    ine: str | None = None,
    birth: str = "14/05/2007",
    mail: str | None = None,
    phone: str = "0639980000",
    year: int | str = 2026,
    programme: str = "L1INF1",
    status: str = "E",
    created: str = "06/07/2026",
) -> str:
    """One line of an Apogée export."""
    ine = f"{number * 10 + 3:010d}A" if ine is None else ine
    mail = f"p{number}@courriel.example" if mail is None else mail
    return ";".join(
        str(cell)
        for cell in (
            number, ine[:-1], ine[-1:], last, usual, first, birth, mail, phone, year, programme, "Licence", status, created,
        )
    )  # fmt: skip


def staff(
    number: str = "P1",
    *,
    last: str = "Bernard",
    first: str = "Paul",
    population: str = "staff",
    start: str = "01/09/2020",
    end: str = "",
    mail: str | None = None,
) -> str:
    """One line of a file of staff and guests."""
    mail = f"{number}@courriel.example".lower() if mail is None else mail
    return ";".join((number, last, "", first, "02/02/1980", mail, population, start, end, "CNRS"))


class FakeDirectory:
    """Users in memory, with the promises of :class:`kc_bridge.ports.Directory`, and faults on demand."""

    def __init__(self) -> None:
        self.users: dict[str, DirectoryUser] = {}
        self.open: dict[str, bool] = {}
        self.writes: list[tuple[str, str]] = []
        self.foreign: set[str] = set()
        self.down = False
        self.down_after: int | None = None
        self.lose_answers = False

    def find(self, user: DirectoryUser) -> str | None:
        self._answer()
        return next(
            (i for i, u in self.users.items() if u.username == user.username and u.key == user.key), None
        )

    def create(self, user: DirectoryUser) -> str:
        self._answer()
        if user.username in self.foreign:
            raise DirectoryConflict(f"{user.username} is somebody else's")
        user_id = self.find(user)
        if user_id is None:
            user_id = f"kc-{len(self.users) + 1}"
            self.users[user_id], self.open[user_id] = user, user.enabled
            self.writes.append(("create", user.username))
        if self.lose_answers:
            raise KeycloakUnavailable("the answer was lost")
        return user_id

    def update(self, user_id: str, user: DirectoryUser) -> None:
        self._write("update", user_id, user)

    def enable(self, user_id: str, user: DirectoryUser) -> None:
        self._write("enable", user_id, user)
        self.open[user_id] = True

    def disable(self, user_id: str, user: DirectoryUser) -> None:
        self._write("disable", user_id, user)
        self.open[user_id] = False

    def _write(self, what: str, user_id: str, user: DirectoryUser) -> None:
        self._answer()
        if self.users[user_id].key != user.key:
            raise NotOwned
        self.users[user_id] = user
        self.writes.append((what, user.username))

    def _answer(self) -> None:
        if self.down or (self.down_after is not None and len(self.writes) >= self.down_after):
            raise KeycloakUnavailable("status 503")


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

    def engine(self) -> SyncEngine:
        return SyncEngine(
            self.settings,
            self.profile,
            self.database,
            build_sources(self.settings, self.profile),
            lambda: self.used,
            clock=lambda: self.now,
        )

    def run(self, accept: str | None = None) -> Report:
        return self.engine().run(accept=accept)

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
