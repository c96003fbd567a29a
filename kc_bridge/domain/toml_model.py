"""Reading a TOML file into a checked model: one shipped with us, by name, or a university's own, by path."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["faults", "load_toml"]

Model = TypeVar("Model", bound=BaseModel)


def load_toml(model: type[Model], name: str, package: str, what: str, shipped: str) -> Model:
    """The model in ``package``'s ``<name>.toml``, or in the file ``name`` when it ends in ``.toml``.

    ``what`` and ``shipped`` name the thing and the names there are, for people. Raises :class:`ConfigurationError`
    naming the file and every wrong field.
    """
    path = Path(name) if name.endswith(".toml") else Path(str(files(package) / f"{name}.toml"))
    try:
        return model.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {what} « {name} ».", f"Name a shipped one ({shipped}) or the path of a .toml file."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}", "Correct the TOML at that line.") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {faults(error)}", "Correct these fields.") from None


def faults(error: ValidationError) -> str:
    """Every wrong field and why, in one line."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
