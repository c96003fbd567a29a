"""The page of « ce n'est pas moi »: what it does, a button, and what comes next."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.wrappers import Response
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.errors import LinkUnknown
from kc_bridge.services import services
from kc_bridge.store.activation import AddressChange
from kc_bridge.web.dead_end import Button, DeadEnd, respond
from kc_bridge.web.words import in_words
from required_actions import address_changes
from required_actions.mail_address import same_mailbox
from required_actions.refusals import Standing, standing, undo

__all__ = ["blueprint"]

blueprint = Blueprint("refusing", __name__, url_prefix="/refus", template_folder="templates")


@blueprint.get("/<token>")
def show(token: str) -> Response | str:
    """Reading it changes nothing: mail scanners follow links, they do not press buttons."""
    kcb = services()
    with kcb.sessions() as db:
        change = address_changes.find(db, token)
        if change is None:
            raise LinkUnknown
        person = change.person
    match standing(change, kcb.clock()):
        case Standing.DONE:
            return _done_page(change)
        case Standing.OVER:
            return respond(_too_late(change))
        case Standing.OPEN:
            return render_template(
                "refusal.html",
                account=person.login,
                display_name=person.display_name,
                active=change.active,
                activated=person.activated_at is not None,
                changed_text=in_words(change.changed_at),
                expires_text=in_words(change.undo_until),
            )


@blueprint.post("/<token>")
def press(token: str) -> BaseResponse:
    """Undoes it; the page then says what was done, however often it is pressed."""
    undo(services(), token)
    return redirect(f"/refus/{token}", 303)


def _done_page(change: AddressChange) -> str:
    person = change.person
    frozen_until = person.address_frozen_until
    return render_template(
        "refused.html",
        account=person.login,
        active=person.activated_at is not None,
        restored=same_mailbox(person.personal_mail, change.former),
        frozen_text=in_words(frozen_until) if frozen_until and services().clock() < frozen_until else None,
    )


def _too_late(change: AddressChange) -> DeadEnd:
    return DeadEnd(
        410,
        _("Ce changement ne s'annule plus ici"),
        [
            _("C'était possible jusqu'au %(date)s.", date=in_words(change.undo_until)),
            _("Ce n'est pas vous ? Présentez-vous à votre service de scolarité, ou prévenez l'assistance."),
        ],
        Button(_("Aide"), "/aide"),
    )
