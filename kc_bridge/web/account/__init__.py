"""« Mon compte »: somebody logged in by Keycloak, and what the bridge holds on them.

What they may change knows the steps, and so lives beside them: :mod:`required_actions.account`.
"""

from __future__ import annotations

from flask import Flask

from kc_bridge.web.account.data import blueprint as data
from kc_bridge.web.account.login import blueprint as login

__all__ = ["setup"]


def setup(app: Flask) -> None:
    app.register_blueprint(login)
    app.register_blueprint(data)
