"""``/healthz``: the process lives. ``/readyz``: it can serve people (database reachable)."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.services import services

__all__ = ["setup"]


def setup(app: Flask) -> None:
    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, str], int]:
        try:
            with services().sessions() as db:
                db.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return {"status": "database unavailable"}, 503
        return {"status": "ok"}, 200
