"""Alembic's entry: migrations run on the connection handed over by :mod:`kc_bridge.store.database`."""

from typing import Any, Literal

from alembic import context

from kc_bridge.store import activation, decisions, models, sync, web  # noqa: F401 - their tables are the schema
from kc_bridge.store.base import Base, UtcDateTime


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name the database's type, never our class: they must run as they are in ten years."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
