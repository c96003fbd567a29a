"""A run's worksheet: what is kept of a record, and that nothing is written to a file before the cache is full."""

from __future__ import annotations

from datetime import date

import pytest

from sync.people.model import Read
from sync.planning.staging import Staging
from sync.sources.base import Place
from sync.sources.record import Record

SHORT = {"key": "22600001", "record_key": "22600001:2026:L1", "population": "student", "birth_name": "MARTIN",
         "first_name": "Anne", "year": "2026"}  # fmt: skip
LONG = SHORT | {
    "birth_date": "01/02/2003",
    "personal_mail": "anne@courriel.example",
    "identifiers": {"ine": "230000000AM", "student_number": "22600001"},
    "uid": "amartin",
    "status": "withdrawn",
    "status_on": "2026-10-01",
}


def read(content: dict[str, object]) -> Read:
    record = Record.model_validate(content)
    return Read("apogee", Place("f.csv", 2), 1, record, f"apogee:{record.key}")


@pytest.mark.parametrize("content", [SHORT, LONG])
def test_a_record_comes_back_as_it_was(content: dict[str, object]) -> None:
    staged = read(content)
    with Staging() as staging:
        staging.add([staged])
        staging.everything_read([], [])
        [again] = staging.reads_of([staged.person_key])
    assert again == staged
    assert again.record.model_dump() == staged.record.model_dump()
    assert (again.record.account, again.record.birth_date) == (
        staged.record.account,
        staged.record.birth_date,
    )


def test_a_whole_run_is_one_transaction() -> None:
    """Committed, each statement would write its pages to the file at once."""
    with Staging() as staging:
        staging.add([read(SHORT)])
        staging.everything_read(["apogee:1"], ["apogee:2"])
        assert staging._db.in_transaction
        keys = [key for page in staging.keys_to_plan(2) for key in page]
        staging.give_names(["anne.martin"])
        staging.append([date(2026, 9, 1)])
        assert staging._db.in_transaction
    assert keys == ["apogee:1", "apogee:2", "apogee:22600001"]
