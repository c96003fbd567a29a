"""What every application of a run would make again: compiled templates, and a database with the schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from kc_bridge.store.database import open_engine, upgrade

__all__ = ["empty_database", "keep_templates"]


def keep_templates(app: Flask) -> Flask:
    """Has ``app`` take templates as another application of this process compiled them."""
    app.jinja_env.bytecode_cache = _TEMPLATES
    return app


@cache
def empty_database() -> bytes:
    """A SQLite file with the schema and nothing in it; made once a run, because migrations are slow."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kcb.db"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


class _Kept(BytecodeCache):
    """Compiled templates by name, file and content, in memory."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self._compiled.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_TEMPLATES = _Kept()
