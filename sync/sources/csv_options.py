"""What can be said of CSV files that is not found out: ``[sources.options]`` of the kind ``csv``."""

from __future__ import annotations

import codecs
import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["CsvOptions"]


class CsvOptions(BaseModel):
    """Everything has a default that is right for most exports."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    separator: str | None = Field(None, min_length=1, max_length=1)
    """Between cells; without it, the one of ``;``, tab, ``,`` and ``|`` under which the mapping's columns are found."""
    encoding: str | None = None
    """As Python names it, for instance ``iso-8859-15``; without it, UTF-8, UTF-16 or CP1252, whichever fits."""
    header: list[str] | None = Field(None, min_length=1)
    """Names of the columns, for files whose first line is a row already."""
    quote: str = Field('"', max_length=1)
    """Around cells that hold the separator; empty when quotes mean nothing."""
    end_marker: str | None = None
    """A regular expression that the last line of each file fits, which is no row. A group ``(?P<rows>…)`` in it is the
    number of rows before. Without such a line the file was cut, and nothing of it is believed."""
    final_newline: bool = False
    """Whether the last line of each file must have its end too: for exports that always write one, and have no marker.
    A cell cut short may be a good one: ``marie@courriel.co``."""
    newest_only: bool = False
    """Of the files a pattern fits, only the one written last: for exports that keep the earlier ones beside it."""
    max_size: int = Field(8 << 30, gt=0)
    """Bytes a packed file may unpack to."""
    max_ratio: int = Field(200, gt=1)
    """Times its size a packed file may unpack to; text shrinks to a tenth. Up to 64 MB are harmless anyway."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            "\r\n".encode(value)  # Python also calls encodings what makes no text
            return codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"« {value} » is no encoding Python knows") from None

    @field_validator("end_marker")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"« {value} » is no regular expression: {error}") from None
        return value
