"""The one record type every source's rows become, validated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from email_validator import EmailNotValidError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kc_bridge.domain.affiliation import VALID, Status
from kc_bridge.domain.numbers import LONGEST, normalised
from kc_bridge.domain.person import Identity
from sync.normalise import mail, numbers
from sync.normalise.text import clean, has_forbidden_characters, title
from sync.people.identifiers import LOGIN, NO_NAMES, UID, AccountNames, stem

__all__ = ["POPULATIONS", "Record", "explain"]

POPULATIONS = ("student", "staff", "guest")
STATUSES = frozenset(status.value for status in Status)
LATIN = re.compile("[A-Za-z0-9]")
"""One such character in a name is enough to make an account's name of it."""
TWICE_CONVERTED = re.compile("Ã[\u00a0-\u00bf\u0192\u02c6\u2013-\u203a\u20ac\u2122]")
"""What « é » and the like become: a letter no name has before such a sign."""
LONGEST_DATE = len("31/12/2026")
CLOCK = re.compile(r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z")
OLDEST_YEAR = 1960
"""An enrolment before that, or in a year of five digits, is a slip of the pen."""


def problem(text: str, remedy: str) -> PydanticCustomError:
    """An error with the remedy an operator is shown beside it."""
    return PydanticCustomError("row", "{text}", {"text": text, "remedy": remedy})


def _text(value: object) -> str:
    return _visible(clean(str(value)))


def _visible(text: str) -> str:
    if has_forbidden_characters(text):
        raise problem("contains a control or invisible character", "Remove that character in the source.")
    return text


def _optional(value: object) -> object:
    return None if value is None or not str(value).strip() else value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value) or None


def _small(value: object) -> object:
    return None if value is None or not str(value).strip() else "".join(str(value).split()).lower()


Line = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[Line, BeforeValidator(_text)]
Code = Annotated[Text, AfterValidator(normalised), Field(max_length=LONGEST)]
OptionalText = Annotated[Line | None, BeforeValidator(_optional_text)]
ShortText = Annotated[
    Annotated[str, Field(min_length=1, max_length=64)] | None, BeforeValidator(_optional_text)
]
OptionalName = Annotated[str | None, BeforeValidator(_small)]
OptionalDate = Annotated[date | None, BeforeValidator(_optional)]


class Record(BaseModel):
    """One enrolment, contract or stay, with what the row says of its person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Code
    record_key: Annotated[str, Field(max_length=255), AfterValidator(_visible)]
    population: str
    birth_name: OptionalText = None
    usual_name: OptionalText = None
    first_name: Text
    usual_first_name: OptionalText = None
    birth_date: OptionalDate = None
    personal_mail: OptionalText = None
    phone: OptionalText = None
    identifiers: dict[str, Code] = {}
    uid: OptionalName = None
    """Names of the account, where the source gives them; by them it is made, and never changed."""
    login: OptionalName = None
    mail: OptionalName = None
    year: Annotated[int | None, BeforeValidator(_optional)] = None
    programme: ShortText = None
    label: OptionalText = None
    start: OptionalDate = None
    end: OptionalDate = None
    status: str = VALID
    status_on: OptionalDate = None
    reason: OptionalText = None

    @field_validator("birth_date", "start", "end", "status_on", mode="before")
    @classmethod
    def _french_date(cls, value: object) -> object:
        """``jj/mm/aaaa``, as registers write it, or ISO; a time of day after it, as databases export it, is left out."""
        if not isinstance(value, str) or not value.strip():
            return value
        text = value.strip()
        day_only = text if len(text) <= LONGEST_DATE else CLOCK.sub("", text)
        try:
            if "/" in day_only:
                day, month, year = day_only.split("/")
                if len(year) != 4:
                    raise ValueError
                return date(int(year), int(month), int(day))
            return date.fromisoformat(day_only)
        except ValueError:
            raise problem(
                f"« {text[:40]} » is no date", "Write it dd/mm/yyyy, with a day that exists."
            ) from None

    @field_validator("year", mode="before")
    @classmethod
    def _university_year(cls, value: object) -> object:
        text = str(value or "").strip()
        if not text:
            return None
        # « 2026/2027 » and « 2026 » are one year.
        first = text.split("/")[0].split("-")[0]
        if not (first.isascii() and first.isdigit()) or not OLDEST_YEAR <= int(first) <= 2200:
            raise problem(
                f"« {text[:40]} » is no university year",
                "Write the year the university year begins in, like 2026.",
            )
        return int(first)

    @field_validator("uid", "login")
    @classmethod
    def _account_name(cls, value: str | None, info: ValidationInfo) -> str | None:
        form = UID if info.field_name == "uid" else LOGIN
        if value is not None and not form.fullmatch(value):
            raise problem(
                f"« {value[:80]} » is no {info.field_name}", "Use letters a–z, digits, dots and hyphens."
            )
        return value

    @field_validator("personal_mail", "mail")
    @classmethod
    def _mail(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return mail.normalised(value)
        except EmailNotValidError as error:
            raise problem(
                f"« {value[:80]} » is no e-mail address ({error})", "Correct the address, or leave it empty."
            ) from None

    @field_validator("birth_name", "usual_name", "first_name", "usual_first_name")
    @classmethod
    def _converted_once(cls, value: str | None) -> str | None:
        """« JosÃ© » would give an account its name for ever."""
        if value and TWICE_CONVERTED.search(value):
            raise problem(
                f"« {value[:40]} » is UTF-8 that was taken for another encoding",
                "Export again in UTF-8, or correct the name where it was converted.",
            )
        return value

    @field_validator("phone")
    @classmethod
    def _phone(cls, value: str | None) -> str | None:
        return (numbers.phone(value) or None) if value else None

    @field_validator("identifiers")
    @classmethod
    def _ine(cls, value: dict[str, str]) -> dict[str, str]:
        ine = value.get("ine")
        if ine and not any(form.fullmatch(ine) for form in numbers.INE_FORMS):
            raise problem(
                f"« {ine[:40]} » has not the form of an INE",
                "Correct the INE and its key, or leave both empty.",
            )
        return value

    @field_validator("population")
    @classmethod
    def _known_population(cls, value: str) -> str:
        if value not in POPULATIONS:
            raise problem(
                f"« {value[:40]} » is no population",
                f"Use {', '.join(POPULATIONS)}, or translate it in the mapping.",
            )
        return value

    @field_validator("status")
    @classmethod
    def _known_status(cls, value: str) -> str:
        """A word nobody has given a meaning to must neither open an account nor close one."""
        if value not in STATUSES:
            raise problem(
                f"« {value[:40]} » is no status",
                f"Use {', '.join(Status)}, or translate it in the mapping ([values.status]).",
            )
        return value

    @model_validator(mode="after")
    def _complete(self) -> Record:
        if not (self.birth_name or self.usual_name):
            raise problem("has no name", "Fill in the birth name or the usual name.")
        names = f"{self.usual_first_name or self.first_name}{self.usual_name or self.birth_name}"
        if not LATIN.search(names) and not stem(self.shown_first_name, self.shown_last_name):
            raise problem("has a name no letter a–z can be made of", "Add a Latin transcription of the name.")
        if self.population == "student" and self.year is None:
            raise problem("is an enrolment without a university year", "Fill in the year.")
        if self.status == Status.PRE_ADMITTED and self.start is None:
            raise problem(
                "is a pre-admission without a first day", "Fill in the first day of the enrolment to come."
            )
        if self.population == "guest" and self.end is None:
            raise problem(
                "is a guest without an end", "Fill in the last day of the stay: it is mandatory for guests."
            )
        if self.start and self.end and self.end < self.start:
            raise problem("ends before it begins", "Correct the two dates.")
        return self

    @property
    def shown_first_name(self) -> str:
        return title(self.usual_first_name or self.first_name)

    @property
    def shown_last_name(self) -> str:
        return title(self.usual_name or self.birth_name or "")

    @property
    def account(self) -> AccountNames:
        """What the source gives of the account's names."""
        if self.uid is self.login is self.mail is None:
            return NO_NAMES
        return AccountNames(self.uid, self.login, self.mail)

    def packed(self) -> tuple[Any, ...]:
        """What a run keeps of it meanwhile: pickled as it is, it takes more than twice the room, and the time."""
        return tuple(vars(self).values())

    @classmethod
    def unpacked(cls, values: tuple[Any, ...]) -> Record:
        """A record that was validated before it was :meth:`packed`."""
        record = cls.__new__(cls)
        record.__setstate__(PACKED | {"__dict__": dict(zip(FIELDS, values, strict=True))})
        return record

    def identity(self, key: str, identifiers: Mapping[str, str]) -> Identity:
        """Who the row is about: the person known by ``key`` and by those numbers."""
        return Identity(
            key=key,
            first_name=self.shown_first_name,
            last_name=self.shown_last_name,
            birth_name=title(self.birth_name) if self.birth_name else None,
            birth_date=self.birth_date,
            personal_mail=self.personal_mail,
            phone=self.phone,
            identifiers=tuple(sorted(identifiers.items())),
        )


FIELDS = tuple(Record.model_fields)
PACKED = {"__pydantic_fields_set__": set[str](), "__pydantic_extra__": None, "__pydantic_private__": None}
"""What else pydantic keeps of a model, and nobody asks for."""


def explain(error: Any) -> tuple[str, str]:
    """Problem and remedy of one of pydantic's errors."""
    context = error.get("ctx") or {}
    if "remedy" in context:
        return str(context["text"]), str(context["remedy"])
    match error["type"]:
        case "missing" | "string_too_short":
            return "is empty", "Fill it in."
        case "string_too_long" | "too_long":
            return f"is longer than {context['max_length']} characters", "Shorten it in the source."
        case _:
            return str(error["msg"]), "Correct the value in the source."
