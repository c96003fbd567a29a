"""From an entry of a SUPANN directory to rows, and from a row to a record. Pure: nobody is asked anything here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from kc_bridge.domain.affiliation import Status
from kc_bridge.domain.supann import ResourceState, enrolment, instant_day, labelled, resource_state
from sync.sources.base import Place, Rejected
from sync.sources.record import Record, explain

__all__ = ["Meaning", "attributes", "record_of", "rows_of"]

Values = Mapping[str, Sequence[str]]
"""Attribute in small letters → values."""

LEFT_OUT = re.compile(r"\[(?:affect|eltpedago)=[^\[\]]*\]", re.IGNORECASE)
"""Parts of an enrolment of which each value names one more: without them such values are one."""
ESTABLISHMENT = re.compile(r"\[etab=(?:\{[^}]*\})?([^\[\]]*)\]", re.IGNORECASE)
IDENTIFIERS = {"student_number": "supannEtuId", "staff_number": "supannEmpId", "ine": "supannCodeINE"}
ENDS = {"staff": "supannEmpDateFin", "guest": "supannExtDateFin"}
"""Where the end of a contract or stay is, by population; else the account's own."""
COLUMNS = {
    "first_name": "givenName",
    "usual_name": "sn",
    "birth_name": "supannNomDeNaissance",
    "personal_mail": "supannMailPrive",
    "phone": "supannTelephonePrive",
    "year": "supannEtuInscription",
    "programme": "supannEtuInscription",
    "record_key": "supannEtuInscription",
    "start": "supannRessourceEtatDate",
    "status": "supannRessourceEtatDate",
    "status_on": "supannRessourceEtatDate",
}
OVER = frozenset({"SupannExpire", "SupannInactif", "SupannSupprDonnees", "SupannSupprCompte"})
"""Inactive because it is over, not because it has not begun. A suspended account is the directory's own matter."""


@dataclass(frozen=True)
class Meaning:
    """What a university means by its attributes: see :class:`sync.sources.ldap.LdapOptions`."""

    key: str
    populations: frozenset[str]
    affiliations: Mapping[str, str]
    establishments: frozenset[str]
    reference_labels: Mapping[str, str]
    mail_labels: Sequence[str]
    phone_labels: Sequence[str]
    birth_date: Sequence[str]
    resource: str
    timezone: str
    names: Mapping[str, str]


def attributes(meaning: Meaning) -> list[str]:
    """What has to be asked for; never a password."""
    names = [
        meaning.key,
        *meaning.names.values(),
        "sn",
        "givenName",
        "displayName",
        "supannNomDeNaissance",
        *meaning.birth_date,
    ]
    names += [
        "supannMailPrive",
        "supannMailPerso",
        "supannTelephonePrive",
        "supannRefId",
        *IDENTIFIERS.values(),
    ]
    names += ["eduPersonAffiliation", "eduPersonPrimaryAffiliation", "supannEtuInscription"]
    return list(dict.fromkeys([*names, "supannRessourceEtatDate", *ENDS.values()]))


def rows_of(entry: Values, meaning: Meaning) -> Iterator[bytes]:
    """One row for each enrolment, one for each other population the entry belongs to; always the same for the same
    values, in whatever order they come."""
    affiliations = {
        value.strip().lower()
        for name in ("eduPersonAffiliation", "eduPersonPrimaryAffiliation")
        for value in _values(entry, name)
    }
    own = {name.lower() for name in attributes(meaning)} - {"supannetuinscription"}
    own -= {"edupersonaffiliation", "edupersonprimaryaffiliation"}
    person = {name: sorted(values) for name, values in entry.items() if name in own and values}
    populations = {meaning.affiliations[name] for name in affiliations if name in meaning.affiliations}
    if "student" in meaning.populations:
        enrolments = {LEFT_OUT.sub("", value) for value in _values(entry, "supannEtuInscription")}
        ours = sorted(value for value in enrolments if _is_ours(value, meaning))
        if not enrolments and "student" in populations:
            ours = [""]  # says it is a student, and of what it does not say
        for value in ours:
            yield _row("student", value, person)
    for population in sorted((populations & meaning.populations) - {"student"}):
        yield _row(population, "", person)


def record_of(raw: bytes, place: Place, meaning: Meaning) -> Record | list[Rejected]:
    """The validated record, or every problem of the row, each with its attribute."""
    content = json.loads(raw)
    reader = _Reader(content["values"], place, meaning)
    fields = reader.person()
    if content["population"] == "student":
        fields |= reader.enrolled(content["enrolment"])
    else:
        fields |= reader.employed(content["population"])
    given = {name: value for name, value in fields.items() if value not in ("", None)}
    try:
        record = Record.model_validate(given)
    except ValidationError as error:
        told = {rejected.column for rejected in reader.rejected}
        for problem in error.errors(include_url=False):
            column = reader.column(problem["loc"], fields)
            if column not in told:
                reader.rejected.append(Rejected(place, column, *explain(problem)))
        return reader.rejected
    return reader.rejected or record


def _row(population: str, value: str, person: Mapping[str, list[str]]) -> bytes:
    content = {"population": population, "enrolment": value, "values": person}
    return json.dumps(content, sort_keys=True).encode()


def _is_ours(value: str, meaning: Meaning) -> bool:
    """False for an enrolment elsewhere that the directory happens to know; what cannot be read is ours to complain of."""
    match = ESTABLISHMENT.search(value)
    return not meaning.establishments or match is None or match[1].strip().upper() in meaning.establishments


def _values(entry: Values, name: str) -> Sequence[str]:
    return entry.get(name.lower(), ())


class _Reader:
    """Reads one row's values; what is wrong is collected in ``rejected``."""

    def __init__(self, values: Values, place: Place, meaning: Meaning) -> None:
        self.rejected: list[Rejected] = []
        self._entry = values
        self._place = place
        self._meaning = meaning

    def person(self) -> dict[str, Any]:
        """Who the entry is about."""
        meaning = self._meaning
        return {
            "key": self._one(meaning.key),
            "first_name": self._name("givenName"),
            "usual_name": self._name("sn"),
            "birth_name": self._one("supannNomDeNaissance"),
            "birth_date": self._birth_date(),
            "personal_mail": self._labelled("supannMailPrive", meaning.mail_labels)
            or next(iter(_values(self._entry, "supannMailPerso")), ""),
            "phone": self._labelled("supannTelephonePrive", meaning.phone_labels),
            "identifiers": self._identifiers(),
            **{field: self._one(name) for field, name in meaning.names.items()},
        }

    def enrolled(self, value: str) -> dict[str, Any]:
        """What one value of ``supannEtuInscription`` says."""
        fields: dict[str, Any] = {"population": "student", "record_key": "student"}
        if not value:
            self._reject(
                "supannEtuInscription",
                "is empty for a student",
                "Fill it in, or correct eduPersonAffiliation.",
            )
            return fields | {"year": 2000}
        try:
            found = enrolment(value)
        except ValueError as error:
            self._reject(
                "supannEtuInscription",
                f"« {value[:80]} » {error}",
                "Write it [etab={UAI}…][anneeinsc=2026]… as SUPANN does.",
            )
            return fields | {"year": 2000}
        names = (str(found.year), found.establishment, found.programme, found.scheme)
        return fields | {
            "record_key": ":".join((self._one(self._meaning.key), *names)),
            "year": found.year,
            "programme": found.programme,
        }

    def employed(self, population: str) -> dict[str, Any]:
        """What is known of a contract or a stay."""
        account = self._account()
        fields: dict[str, Any] = {
            "population": population,
            "record_key": f"{self._one(self._meaning.key)}:{population}",
            "end": self._end(population),
        }
        if account is None:
            return fields
        if account.state == "I" and account.sub_state in OVER:
            return fields | {
                "status": Status.WITHDRAWN,
                "status_on": account.start,
                "reason": account.sub_state,
            }
        return fields | {"start": account.start, "end": fields["end"] or account.end}

    def column(self, location: tuple[Any, ...], fields: Mapping[str, Any]) -> str | None:
        """The attribute behind the place pydantic names in an error."""
        if not location:
            without_end = fields["population"] == "guest" and fields.get("end") is None
            return ENDS["guest"] if without_end else None
        field = str(location[0])
        if field == "identifiers":
            return IDENTIFIERS.get(str(location[1]) if len(location) > 1 else "ine", "supannRefId")
        if field == "birth_date":
            return self._meaning.birth_date[0]
        if field == "key":
            return self._meaning.key
        if field in self._meaning.names:
            return self._meaning.names[field]
        if field == "end":
            return ENDS[fields["population"]]
        return COLUMNS.get(field, field)

    def _account(self) -> ResourceState | None:
        for value in _values(self._entry, "supannRessourceEtatDate"):
            if labelled(value)[0] != self._meaning.resource:
                continue
            try:
                return resource_state(value)
            except ValueError as error:
                self._reject(
                    "supannRessourceEtatDate",
                    f"« {value[:80]} » {error}",
                    "Write it {COMPTE}A:SupannActif:20260901:20271231 as SUPANN does.",
                )
        return None

    def _end(self, population: str) -> Any:
        days = []
        for value in _values(self._entry, ENDS[population]):
            try:
                days.append(instant_day(value, self._meaning.timezone))
            except ValueError as error:
                self._reject(ENDS[population], str(error), "Write the instant as 20270630215959Z.")
        return max(days, default=None)

    def _identifiers(self) -> dict[str, str]:
        found = {kind: self._one(name) for kind, name in IDENTIFIERS.items()}
        for value in sorted(_values(self._entry, "supannRefId")):
            label, number = labelled(value)
            if label in self._meaning.reference_labels:
                found[self._meaning.reference_labels[label]] = number
        if self._meaning.key == "uid":
            found["uid"] = self._one("uid")
        return {kind: number for kind, number in found.items() if number}

    def _birth_date(self) -> str:
        for name in self._meaning.birth_date:
            if text := self._one(name).strip():
                return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"[0-9]{8}", text) else text
        return ""

    def _labelled(self, name: str, labels: Sequence[str]) -> str:
        """The first value under the first of the labels that has one."""
        found = sorted(labelled(value) for value in _values(self._entry, name))
        return next((text for label in labels for given, text in found if given == label and text), "")

    def _name(self, name: str) -> str:
        """Of several values the one that is shown, which ``displayName`` tells."""
        values = _values(self._entry, name)
        if len(values) < 2:
            return values[0] if values else ""
        shown = f" {' '.join(_values(self._entry, 'displayName')).casefold()} "
        told = sorted((value for value in values if f" {value.casefold()} " in shown), key=len)
        return told[-1] if told else self._one(name)

    def _one(self, name: str) -> str:
        values = _values(self._entry, name)
        if len(values) > 1:
            several = ", ".join(f"« {value[:40]} »" for value in values[:4])
            self._reject(name, f"has {len(values)} values: {several}", "Leave the right one alone.")
        return values[0] if values else ""

    def _reject(self, column: str, problem: str, remedy: str) -> None:
        rejected = Rejected(self._place, column, problem, remedy)
        if rejected not in self.rejected:
            self.rejected.append(rejected)
