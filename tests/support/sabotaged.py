"""``kcb serve`` with a fault planted in the password step, whose message quotes all it can get hold of."""

from __future__ import annotations

from typing import Any

from flask import request, session

from kc_bridge.web.commands import serve
from required_actions.steps.new_password import NewPassword

TRIGGER = "Panne-"
"""Passwords that begin so meet the fault."""

_decide = NewPassword.decide


def _fail(self: NewPassword, ctx: Any, form: Any) -> Any:
    password = form["password"].data
    if not password.startswith(TRIGGER):
        return _decide(self, ctx, form)
    person = ctx.person
    try:
        raise KeyError(f"{session['login']} {request.form.to_dict()}")
    except KeyError as error:
        raise ValueError(f"{password} {person.personal_mail} {person.birth_date}") from error


if __name__ == "__main__":
    NewPassword.decide = _fail  # type: ignore[method-assign]
    serve()
