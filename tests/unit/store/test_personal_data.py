"""The file of one's data: no column is forgotten, and none is told by accident."""

from __future__ import annotations

from kc_bridge.store import activation, decisions, models, sync, web
from kc_bridge.store.base import Base
from kc_bridge.store.personal_data import LEFT_OUT, TOLD

NOBODYS = {
    "approval",
    "forecast",
    "guest",  # becomes a person by the next run, whose data are told
    "mail_request",
    "quarantine",
    "rate_window",
    "retired_name",
    "sameness",
    "source_state",
    "spent_token",
    "sync_run",
    "ticket_binding",
    "web_session",
}
"""Tables whose rows name nobody the bridge knows, or a browser for an hour."""


def test_every_column_is_told_or_left_out_on_purpose() -> None:
    assert {activation, decisions, models, sync, web}  # whose tables these are
    tables = {table.name: {column.name for column in table.columns} for table in Base.metadata.sorted_tables}
    assert tables.keys() - NOBODYS == TOLD.keys() == LEFT_OUT.keys()
    for name in TOLD:
        told, left_out = set(TOLD[name].split()), set(LEFT_OUT[name].split())
        assert told | left_out == tables[name], f"{name}: say in TOLD or LEFT_OUT what becomes of its columns"
        assert not told & left_out


def test_digests_of_secrets_are_left_out() -> None:
    digests = {
        name
        for names in LEFT_OUT.values()
        for name in names.split()
        if name.endswith(("sha256", "hash", "digest"))
    }
    assert digests == {"digest", "row_hash", "answer_hash", "undo_sha256", "token_sha256"}
    assert {name for names in TOLD.values() for name in names.split() if "sha256" in name} == {"text_sha256"}
