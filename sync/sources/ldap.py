"""SUPANN directories: read page by page, whole or only what changed since a ``modifyTimestamp``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from pydantic import Field, field_validator

from kc_bridge.channels.settings import LdapServer
from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.ldap_ports import LdapEntry, LdapMisconfigured, LdapReader, LdapUnavailable, Scope
from kc_bridge.settings import SourceSettings
from sync.sources.base import Block, Place, Rejected, Row, SourceError, row_hashes, seed
from sync.sources.options import options_of
from sync.sources.record import POPULATIONS, Record
from sync.sources.supann import Meaning, attributes, record_of, rows_of

__all__ = ["LdapOptions", "LdapSource", "build"]

CHANGED = "modifyTimestamp"
STAMP = "%Y%m%d%H%M%SZ"
"""As directories write it: in UTC, so that the order of the words is that of the instants."""
LONGEST_DN = 512
"""What the quarantine keeps of it."""
STAFF = ("employee", "faculty", "staff", "teacher", "researcher", "emeritus")
GUESTS = ("affiliate", "guest", "library-walk-in", "registered-reader")


class LdapOptions(LdapServer):
    """``[sources.options]`` of a source of kind ``ldap``; how the server is reached is said in
    :class:`kc_bridge.channels.settings.LdapServer`."""

    base: str
    """Where people's entries are."""
    filter: str = "(objectClass=supannPerson)"
    """Which entries are read."""
    scope: Scope = "subtree"
    page: int = Field(500, ge=1, le=10_000)
    """Entries asked for at a time."""
    key: str = "uid"
    """Attribute whose one value names somebody for ever."""
    names: dict[Literal["uid", "login", "mail"], str] = Field({})
    """Names of the account the directory gives: ``{uid = "uid", login = "uid", mail = "mail"}``. Without it the bridge
    makes them of people's names."""
    affiliations: dict[str, str] = Field(
        {"student": "student", **dict.fromkeys(STAFF, "staff"), **dict.fromkeys(GUESTS, "guest")}
    )
    """Value of eduPersonAffiliation or eduPersonPrimaryAffiliation → population; others give no account."""
    establishments: list[str] = Field([])
    """UAI of those whose enrolments count; empty: all that the directory knows."""
    reference_labels: dict[str, str] = Field({})
    """Label of a value of supannRefId → kind of number: ``"UAI:0342321N:ETUID" = "student_number"``."""
    mail_labels: list[str] = Field(["PERSO", "SECOURS"])
    """Which values of supannMailPrive are somebody's private mail, the first found; else supannMailPerso of SUPANN 2009."""
    phone_labels: list[str] = Field(["MOBPERSO"])
    """The same of supannTelephonePrive."""
    birth_date: list[str] = Field(["supannOIDCDateDeNaissance", "schacDateOfBirth"], min_length=1)
    """Attributes with the birth date, the first found; ``aaaa-mm-jj`` or ``aaaammjj``."""
    resource: str = "COMPTE"
    """Label of the value of supannRessourceEtatDate that says from when to when staff and guests have an account, unless
    supannEmpDateFin or supannExtDateFin does. Never the one the bridge writes back (``[ldap_writeback]``)."""
    timezone: str = "Europe/Paris"
    """Zone in which the directory's instants are days."""
    overlap: timedelta = timedelta(minutes=5)
    """How much of what was read before is read again, for replicas that lag behind and clocks that differ."""
    full_every: timedelta = timedelta(days=1)
    """How often everything is read, and not only what has changed since."""

    @field_validator("affiliations")
    @classmethod
    def _known_populations(cls, values: dict[str, str]) -> dict[str, str]:
        if unknown := set(values.values()) - set(POPULATIONS):
            raise ValueError(f"« {min(unknown)} » is no population: use {', '.join(POPULATIONS)}")
        return {name.lower(): population for name, population in values.items()}

    def meaning(self, populations: frozenset[str]) -> Meaning:
        """What the parser needs to know of it."""
        return Meaning(
            key=self.key,
            populations=populations,
            affiliations=self.affiliations,
            establishments=frozenset(uai.upper() for uai in self.establishments),
            reference_labels={_label(name): kind for name, kind in self.reference_labels.items()},
            mail_labels=[_label(name) for name in self.mail_labels],
            phone_labels=[_label(name) for name in self.phone_labels],
            birth_date=self.birth_date,
            resource=_label(self.resource),
            timezone=self.timezone,
            names={str(field): name for field, name in self.names.items()},
        )


class Closing(LdapReader, Protocol):
    """A directory that is let go of after each read."""

    def close(self) -> None: ...


class LdapSource:
    """One directory. The mark is the latest ``modifyTimestamp`` seen; a whole read forgets nobody either, since
    absence is no proof of departure."""

    def __init__(
        self,
        name: str,
        options: LdapOptions,
        populations: list[str],
        directory: Callable[[], Closing],
        context: str = "",
        clock: Clock = system_clock,
    ) -> None:
        self.name = name
        self.populations = frozenset(populations)
        self.full_every = options.full_every
        self._options = options
        self._meaning = options.meaning(self.populations)
        self._directory = directory
        self._clock = clock
        decisive = options.model_dump_json(
            exclude={*LdapServer.model_fields, "page", "overlap", "full_every"}
        )
        self._seed = seed(name, decisive, ",".join(sorted(populations)), context)

    def read(self, since: str | None = None) -> Iterator[Block]:
        """See :meth:`sync.sources.base.Source.read`."""
        options, mark = self._options, since or ""
        # What changes while this is read, on a page that was read before, is of a later mark than its beginning.
        begun = f"{self._clock():{STAMP}}"
        wanted = [*attributes(self._meaning), CHANGED]
        filter_ = f"(&{options.filter}({CHANGED}>={self._back(since)}))" if since else options.filter
        try:
            with closing(self._directory()) as directory:
                for entries in directory.search(options.base, filter_, wanted, options.scope, options.page):
                    times = (time for entry in entries for time in entry.values(CHANGED))
                    mark = max([mark, *(min(time, begun) for time in times)])
                    yield self._block(entries)
        except LdapUnavailable as error:
            raise SourceError(
                self.name, f"does not answer: {error}.", "The next run reads it again; see whether it is up."
            ) from None
        except LdapMisconfigured as error:
            raise SourceError(self.name, error.problem, error.remedy) from None
        yield Block([], [], _nowhere, mark=mark or None)

    def parse(self, row: Row) -> Record | list[Rejected]:
        """See :meth:`sync.sources.base.Source.parse`."""
        return record_of(row.raw, row.place, self._meaning)

    def _block(self, entries: list[LdapEntry]) -> Block:
        rows: list[bytes] = []
        places: list[Place] = []
        for entry in entries:
            of_entry = list(rows_of(entry.attributes, self._meaning))
            rows += of_entry
            places += (Place(entry.dn[:LONGEST_DN], number) for number in range(1, len(of_entry) + 1))
        return Block(rows, row_hashes(self._seed, rows), places.__getitem__)

    def _back(self, since: str) -> str:
        try:
            instant = datetime.strptime(since, STAMP).replace(tzinfo=UTC)
        except ValueError:
            return since  # fractions of a second, in some servers: nothing to lose but the overlap
        return f"{instant - self._options.overlap:{STAMP}}"


def build(source: SourceSettings, context: str) -> LdapSource:
    """The source of these settings. Raises :class:`kc_bridge.domain.errors.ConfigurationError`."""
    from kc_bridge.adapters.ldap import LdapDirectory  # slow to import, and most have another source

    options = options_of(source, LdapOptions)
    return LdapSource(source.name, options, source.populations, lambda: LdapDirectory(options), context)


def _label(name: str) -> str:
    return name.strip("{} ").upper()


def _nowhere(_position: int) -> Place:
    raise IndexError
