"""Reading a TOML file into a checked model: one shipped with us, by name, or a university's own, by path."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.fault import WrongFile, of_validation, path_to

__all__ = ["load_toml"]

Model = TypeVar("Model", bound=BaseModel)


def load_toml(model: type[Model], name: str, package: str, what: str, shipped: str) -> Model:
    """The model in ``package``'s ``<name>.toml``, or in the file ``name`` when it ends in ``.toml``.

    ``what`` and ``shipped`` name the thing and the names there are, for people. Raises :class:`ConfigurationError`
    naming the file, and as :class:`WrongFile` every wrong field.
    """
    own = name.endswith(".toml")
    path = Path(name).absolute() if own else Path(str(files(package) / f"{name}.toml"))
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        problem = f"There is no {what} « {name} »" + (f": no file {path}." if own else ".")
        remedy = f"Name a shipped one ({shipped}) or the path of a .toml file."
        raise ConfigurationError(problem, remedy) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}", "Name a file that can be read.") from None
    except ValueError as error:  # of TOML, or of its characters
        raise ConfigurationError(
            f"{path}: {error}", "Correct the TOML at that line; write it in UTF-8."
        ) from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = of_validation(error, model, raw)
        rest = _without(error, model, raw)
        raise WrongFile.saying(f"{path}", faults, "Correct them in that file.", rest) from None


def _without(error: ValidationError, model: type[Model], raw: dict[str, Any]) -> Model | None:
    """The model without its wrong keys; None when one of them cannot be left out."""
    left = deepcopy(raw)
    for detail in error.errors():
        path = list(path_to(detail, raw))
        while path and isinstance(path[-1], int):
            path.pop()
        here: Any = left
        for part in path[:-1]:
            here = here.get(part, {}) if isinstance(here, dict) else here[part]
        if path:
            here.pop(path[-1], None)
    try:
        return model.model_validate(left)
    except ValidationError:
        return None
