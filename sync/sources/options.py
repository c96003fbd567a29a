"""What a ``[sources.options]`` block says, checked by the model of its kind."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kc_bridge.domain.fault import WrongFile, of_validation
from kc_bridge.settings import SourceSettings

__all__ = ["options_of"]

Options = TypeVar("Options", bound=BaseModel)


def options_of(source: SourceSettings, model: type[Options]) -> Options:
    """Raises :class:`kc_bridge.domain.errors.ConfigurationError` naming every wrong one."""
    try:
        return model.model_validate(source.options)
    except ValidationError as error:
        raise WrongFile.saying(
            f"[sources.options] of source « {source.name} »",
            of_validation(error, model, source.options),
            "Correct them in kcb.toml; docs/sources.md says what there is.",
        ) from None
