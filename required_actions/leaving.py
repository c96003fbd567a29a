"""What a login goes on to once the wizard is done with it."""

from __future__ import annotations

from flask_babel import gettext as _

from kc_bridge.adapters.oidc import CLIENT
from kc_bridge.settings import Application
from kc_bridge.web.account.login import HOME
from kc_bridge.web.words import application_of
from required_actions.logins import Login

__all__ = ["application"]


def application(login: Login) -> Application | None:
    """What this login began in: « Mon compte » too. Of a mailed link, that is the default application."""
    if login.client_id == CLIENT and login.link_id is None:
        return Application(name=_("Mon compte"), login_url=HOME)
    return application_of(login.client_id)
