"""Faults of a file somebody wrote: all of them at once, each with its place and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["Fault", "WrongFile", "nearest_first", "of_validation", "path_to", "there_is_no", "told"]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}\n  → {self.remedy}"


@dataclass
class WrongFile(ConfigurationError):
    """A file with faults."""

    faults: list[Fault] = field(default_factory=list)
    rest: Any = None
    """The model without what is wrong in it, to look for more faults in; None when it cannot do without."""

    @classmethod
    def saying(cls, what: str, faults: Iterable[Fault], remedy: str, rest: Any = None) -> WrongFile:
        """The error on ``what``, with every fault once."""
        each = list(dict.fromkeys(faults))
        count = "1 fault" if len(each) == 1 else f"{len(each)} faults"
        lines = [f"{what}: {count}", *(line for fault in each for line in str(fault).splitlines())]
        return cls("\n  ".join(lines), remedy, each, rest)


def told(remedy: str) -> WrapValidator:
    """For a field whose rule is hard to say in general words: whatever it refuses is answered with ``remedy``."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValueError:  # pydantic's own error is one
            raise PydanticCustomError(
                "told", "« {value} » is not understood", {"value": value, "remedy": remedy}
            ) from None

    return WrapValidator(check)


def nearest_first(name: str, names: Iterable[str]) -> str:
    """The names there are, those that look like ``name`` before the others."""
    known = sorted(names)
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return ", ".join([*near, *(other for other in known if other not in near)])


def there_is_no(kind: str, name: str, names: Iterable[str], place: str) -> Fault:
    """The fault of a name nobody knows."""
    listed = nearest_first(name, names)
    return Fault(
        place, f"there is no {kind} « {name} ».", f"Write one of: {listed}." if listed else "Take it out."
    )


def of_validation(
    error: ValidationError,
    model: type[BaseModel],
    raw: Mapping[str, Any],
    within: Callable[[Any], str] = lambda _key: "",
) -> list[Fault]:
    """Every fault of ``raw`` as a ``model``; ``within``: where the key of ``raw`` stands in the file."""
    found = []
    for detail in error.errors():
        path = path_to(detail, raw)
        outer = within(path[0] if path else None)
        if detail["type"] == "extra_forbidden":
            place = _joined(outer, _place(path[:-1], raw)) or "top of the file"
            found.append(there_is_no("key", str(path[-1]), _keys(model, path[:-1]), place))
        else:
            found.append(Fault(_joined(outer, _place(path, raw)) or "the whole file", *_said(detail)))
    return found


def path_to(detail: ErrorDetails, raw: Any) -> tuple[str | int, ...]:
    """Where the fault is in ``raw``: pydantic adds the names of the types it tried."""
    path: list[str | int] = []
    for part in detail["loc"]:
        there = part in raw if isinstance(raw, Mapping) else isinstance(raw, list) and isinstance(part, int)
        if there or detail["type"] == "missing":
            path.append(part)
        if not there:
            break
        raw = raw[part]
    return tuple(path)


def _said(detail: ErrorDetails) -> tuple[str, str]:
    if detail["type"] == "missing":
        return "it is missing.", "Write it."
    message = detail["msg"].removeprefix("Value error, ").rstrip(".") + "."
    return message, str(detail.get("ctx", {}).get("remedy", "Correct this value."))


def _joined(outer: str, inner: str) -> str:
    return ".".join(part for part in (outer, inner) if part)


def _place(path: Sequence[str | int], raw: Any) -> str:
    """« journey « activation », page 3, title.fr »: by name where there is one, else counted from one."""
    said = ""
    for before, part in zip(["", *path], path, strict=False):
        raw = raw[part] if isinstance(part, int) or part in raw else {}
        if isinstance(part, int):
            name = raw.get("name") if isinstance(raw, Mapping) else None
            said = said.removesuffix("s") + (f" « {name} »" if isinstance(name, str) else f" {part + 1}")
        else:
            said += (", " if isinstance(before, int) else "." if said else "") + part
    return said


def _keys(model: type[BaseModel], path: Iterable[str | int]) -> Iterable[str]:
    """The keys there are at that place of a model."""
    for part in path:
        known = model.model_fields.get(str(part))
        model = (_model_in(known.annotation) if known else None) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if inner := get_args(annotation):
        return next((model for each in inner if (model := _model_in(each))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
