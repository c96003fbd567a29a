"""What a record may say fits where it is kept: PostgreSQL refuses a text that is too long, and with it a whole run."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kc_bridge.store.bulk import table_of
from kc_bridge.store.models import Affiliation, Person
from sync.sources.record import Record, explain

ROW = {
    "key": "1",
    "record_key": "1",
    "population": "student",
    "first_name": "Zoé",
    "birth_name": "Núñez",
    "year": "2026",
}
COLUMNS = {
    "record_key": table_of(Affiliation).c.source_key,
    "birth_name": table_of(Person).c.birth_name,
    "usual_name": table_of(Person).c.last_name,
    "first_name": table_of(Person).c.first_name,
    "programme": table_of(Affiliation).c.programme,
    "label": table_of(Affiliation).c.label,
    "reason": table_of(Affiliation).c.reason,
}


@pytest.mark.parametrize("field", COLUMNS)
def test_a_text_too_long_for_its_column_is_quarantined(field: str) -> None:
    longest = COLUMNS[field].type.length  # type: ignore[attr-defined]
    assert getattr(Record.model_validate(ROW | {field: "x" * longest}), field) == "x" * longest
    with pytest.raises(ValidationError) as refused:
        Record.model_validate(ROW | {field: "x" * (longest + 1)})
    (error,) = refused.value.errors()
    assert explain(error) == (f"is longer than {longest} characters", "Shorten it in the source.")
