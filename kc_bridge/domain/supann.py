"""Values of SUPANN 2021 that are made of parts: labels, enrolments, states of resources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

__all__ = [
    "ACCOUNT_STATES",
    "Enrolment",
    "ResourceState",
    "enrolment",
    "instant_day",
    "labelled",
    "resource_state",
]

LABELLED = re.compile(r"\{([^{}]*)\}(.*)", re.DOTALL)
PART = re.compile(r"\[([A-Za-z]+)=([^\[\]]*)\]\s*")

ACCOUNT_STATES = {
    "SupannAnticipe": "A",
    "SupannActif": "A",
    "SupannSursis": "A",
    "SupannPrecree": "I",
    "SupannCree": "I",
    "SupannExpire": "I",
    "SupannInactif": "I",
    "SupannSupprDonnees": "I",
    "SupannSupprCompte": "I",
    "SupannVerrouille": "S",
    "SupannVerrouAdministratif": "S",
    "SupannVerrouTechnique": "S",
}
"""Sub-state → state it belongs to: active, inactive, suspended."""


def labelled(value: str) -> tuple[str, str]:
    """``{SECOURS}a@b.fr`` → (``SECOURS``, ``a@b.fr``); the label in capitals, empty where there is none."""
    match = LABELLED.fullmatch(value.strip())
    return (match[1].strip().upper(), match[2].strip()) if match else ("", value.strip())


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One value of ``supannEtuInscription``. Codes are without the label that says whose they are."""

    year: int
    """University year N (N/N+1)."""
    establishment: str = ""
    """UAI."""
    scheme: str = ""
    """``regimeinsc``."""
    field: str = ""
    """``sectdisc``."""
    kind: str = ""
    """``typedip``."""
    level: str = ""
    """``cursusann``, like ``L1``."""
    degree: str = ""
    """``diplome``."""
    stage: str = ""
    """``etape``."""

    @property
    def programme(self) -> str:
        """The narrowest name of what somebody is enrolled in."""
        return self.stage or self.degree or "-".join(filter(None, (self.kind, self.field, self.level)))


def enrolment(value: str) -> Enrolment:
    """Reads ``[etab={UAI}0751717J][anneeinsc=2026]…``.

    Only the year is indispensable here, though SUPANN asks for six parts; ``affect``, ``eltpedago`` and parts this
    version does not know are left out, so values that differ by them alone are one enrolment. Raises ``ValueError``
    saying what is wrong.
    """
    parts: dict[str, str] = {}
    rest = value.strip()
    while rest:
        match = PART.match(rest)
        if match is None:
            raise ValueError("is not made of parts like [anneeinsc=2026]")
        name = match[1].lower()
        if name in parts:
            raise ValueError(f"has the part « {name} » twice")
        parts[name] = labelled(match[2])[1]
        rest = rest[match.end() :]
    year = parts.get("anneeinsc", "")
    if not re.fullmatch(r"[0-9]{4}", year):
        raise ValueError(
            "has no part [anneeinsc=…] with a year" if not year else f"has « {year[:20]} » for a year"
        )
    return Enrolment(
        year=int(year),
        establishment=parts.get("etab", "").upper(),
        scheme=parts.get("regimeinsc", ""),
        field=parts.get("sectdisc", ""),
        kind=parts.get("typedip", ""),
        level=parts.get("cursusann", ""),
        degree=parts.get("diplome", ""),
        stage=parts.get("etape", ""),
    )


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One value of ``supannRessourceEtatDate``."""

    resource: str
    """Its label, like ``COMPTE``, in capitals."""
    state: str
    """``A`` active, ``I`` inactive, ``S`` suspended."""
    sub_state: str = ""
    start: date | None = None
    end: date | None = None

    def __str__(self) -> str:
        """As directories hold it."""
        start, end = (f"{day:%Y%m%d}" if day else "" for day in (self.start, self.end))
        return f"{{{self.resource}}}{self.state}:{self.sub_state}:{start}:{end}"


def resource_state(value: str) -> ResourceState:
    """Reads ``{COMPTE}A:SupannActif:20260901:20271231``; the last three may be empty. Raises ``ValueError``."""
    resource, rest = labelled(value)
    parts = rest.split(":")
    if not resource or not 1 <= len(parts) <= 4:
        raise ValueError("is not of the form {COMPTE}A:SupannActif:20260901:20271231")
    state, sub_state, start, end = (part.strip() for part in [*parts, "", "", ""][:4])
    if state not in {"A", "I", "S"}:
        raise ValueError(f"has the state « {state[:20]} », which is none of A, I and S")
    return ResourceState(resource, state, sub_state, _day(start), _day(end))


def _day(text: str) -> date | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError(f"has « {text[:20]} » for a date, which is written 20260901")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f"has « {text} » for a date: there is no such day") from None


def instant_day(value: str, zone: str) -> date:
    """The day of a generalised time (``20270630215959Z``) at the university. Raises ``ValueError``."""
    match = re.fullmatch(r"([0-9]{10,14})(?:[.,][0-9]+)?(Z|[+-][0-9]{2,4})", value.strip())
    if match is None:
        raise ValueError(f"has « {value[:30]} » for a time, which is written 20270630215959Z")
    digits = match[1].ljust(14, "0")
    offset = "+0000" if match[2] == "Z" else match[2].ljust(5, "0")
    try:
        instant = datetime.strptime(f"{digits}{offset}", "%Y%m%d%H%M%S%z")
    except ValueError:
        raise ValueError(f"has « {value[:30]} » for a time: there is none such") from None
    return instant.astimezone(ZoneInfo(zone)).date()
