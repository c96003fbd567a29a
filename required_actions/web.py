"""Plugs activation into the Flask application: steps, links, wizard."""

from __future__ import annotations

from flask import Blueprint, Flask

from kc_bridge.domain import plugins
from required_actions import (
    account,
    charters,
    consulting,
    identifying,
    opening,
    pages,
    problem,
    recovering,
    refusing,
)
from required_actions.registry import load_steps

__all__ = ["setup"]


def setup(app: Flask) -> None:
    load_steps()
    app.register_blueprint(account.blueprint)
    app.register_blueprint(identifying.blueprint)
    app.register_blueprint(charters.blueprint)
    app.register_blueprint(consulting.blueprint)
    app.register_blueprint(opening.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(problem.blueprint)
    app.register_blueprint(recovering.blueprint)
    app.register_blueprint(refusing.blueprint)
    for name, step in plugins.load(plugins.STEPS).items():  # after ours, whose templates they cannot replace
        app.register_blueprint(Blueprint(f"plug-in-{name}", step.__module__, template_folder="templates"))
