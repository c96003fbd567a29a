"""Lost passwords, page by page: the identifier, the mail that may come, the question, and every way this can end."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import DataRequired

from kc_bridge.domain.errors import (
    LoginGone,
    PasswordElsewhere,
    RecoveryLinkEnded,
    RecoveryLinkUsed,
    TooManyTries,
)
from kc_bridge.services import services
from kc_bridge.store.activation import Link
from kc_bridge.web import sessions
from kc_bridge.web.dead_end import Button, DeadEnd, login_button, respond, retry_after
from kc_bridge.web.words import application_of, clock_in_words, in_words
from required_actions import by_identifier, links, recovery
from required_actions.logins import OpenedLink, current_login, keep_opened_link, opened_link
from required_actions.opening import go
from required_actions.typed import ShownOnce, one_line
from required_actions.wizard import look

__all__ = ["blueprint"]

KIND = "recovery"
HERE = "/mot-de-passe-oublie"
ASKED = f"{HERE}/envoye"

blueprint = Blueprint("recovering", __name__, url_prefix=HERE, template_folder="templates")


class AnswerForm(FlaskForm):
    answer = StringField(
        widget=ShownOnce(),
        filters=[one_line],
        validators=[DataRequired(_l("Saisissez votre réponse."))],
    )


@blueprint.before_request
def _must_be_offered() -> None:
    if services().profile.recovery == "off":
        abort(404)


@blueprint.get("")
def show() -> str:
    """Asks for the identifier."""
    return _identifier_page(by_identifier.identifier_form())


@blueprint.post("")
def send() -> BaseResponse | Response:
    """Asks for the mail; the next page is one for everybody, and a refresh of it asks for nothing."""
    form = by_identifier.identifier_form()
    if not form.validate():
        return make_response(_identifier_page(form), 422)
    by_identifier.ask(KIND, form)
    return redirect(ASKED, 303)


@blueprint.get("/envoye")
def sent() -> BaseResponse | str:
    """What happens now, whoever was named."""
    typed = by_identifier.asked(KIND)
    if typed is None:
        return redirect(HERE, 303)
    return render_template(
        "recovery_asked.html",
        identifier=typed,
        resend_at_text=by_identifier.resend_at_text(KIND),
        resend_url=f"{HERE}/renvoi",
        change_url=HERE,
    )


@blueprint.post("/renvoi")
def resend() -> BaseResponse:
    """« Envoyer à nouveau le mail »."""
    by_identifier.ask_again(KIND)
    return redirect(ASKED, 303)


@blueprint.get("/question")
def question() -> BaseResponse | str:
    """Asks what the link alone does not prove."""
    opened, link, asked = _opened()
    if asked is None or opened.answered:
        return go(opened)
    return _question_page(AnswerForm(formdata=None), link, asked)


@blueprint.post("/question")
def answer() -> BaseResponse | Response:
    """Compares the answer, and goes on to Keycloak."""
    kcb = services()
    opened, link, asked = _opened()
    if asked is None or opened.answered:
        return go(opened)
    form = AnswerForm(request.form)
    if not form.validate():
        return make_response(_question_page(form, link, asked), 422)
    kcb.backchannel.version()  # no try is used up for a Keycloak that could not take anybody on
    try:
        right = recovery.answer(kcb, link.person_id, form.answer.data)
    except TooManyTries as held:
        return respond(_too_many_answers(held))
    if not right:
        form["answer"].errors = [
            _(
                "Ce n'est pas la réponse enregistrée. Vous pouvez réessayer : %(count)s réponses sont possibles par heure.",
                count=recovery.PER_HOUR.amount,
            )
        ]
        return make_response(_question_page(form, link, asked), 422)
    sessions.renew()
    opened.answered = True
    keep_opened_link(opened)
    return go(opened)


@blueprint.get("/termine")
def done() -> BaseResponse | str:
    """The password is changed; what comes next is the wizard's, or the application's login."""
    kcb, login = services(), current_login()
    view = look(kcb, login)
    if not (login.recovers and view.finished):
        return redirect("/activation/", 303)
    application = application_of(login.client_id)
    return render_template(
        "recovered.html",
        account=view.person.login,
        application=application.name if application else None,
    )


def _opened() -> tuple[OpenedLink, Link, str | None]:
    """The link this browser has opened and its question, checked again.

    Raises :class:`LoginGone` for a browser that opened none, and as :func:`links.get`.
    """
    kcb, opened = services(), opened_link()
    if opened is None or opened.answered is None:
        raise LoginGone
    with kcb.sessions.begin() as db:
        link = links.get(db, opened.link_id, kcb.clock(), kcb.today())
        return opened, link, recovery.question_of(db, kcb.profile, link)


def _identifier_page(form: by_identifier.IdentifierForm) -> str:
    return render_template("recovery_identifier.html", form=form, back_url="/probleme-de-connexion")


def _question_page(form: AnswerForm, link: Link, asked: str) -> str:
    return render_template("recovery_question.html", form=form, account=link.person.login, question=asked)


def _reset() -> str:
    return _(
        "Rendez-vous à votre service de scolarité et demandez la réinitialisation de votre compte. Vous devrez"
        " ensuite le valider à nouveau. Aucune information ne sera perdue."
    )


def _again() -> Button:
    return Button(_("Mot de passe oublié"), HERE)


def _too_many_answers(held: TooManyTries) -> DeadEnd:
    return DeadEnd(
        429,
        _("Trop de réponses en peu de temps"),
        [
            _("Pour protéger votre compte, leur nombre est limité. Rien n'est perdu."),
            _(
                "Réessayez à partir de %(time)s : ouvrez à nouveau le lien du mail, ou demandez-en un autre.",
                time=clock_in_words(held.until),
            ),
            _reset(),
        ],
        _again(),
        kind="info",
        headers=retry_after(held.until),
    )


def _link_ended(ended: RecoveryLinkEnded) -> Response:
    why = (
        _("Il était valable jusqu'au %(date)s.", date=in_words(ended.expired_at))
        if ended.expired_at
        else _("Un mail plus récent le remplace, ou votre compte a changé depuis.")
    )
    more = _("Si vous ne connaissez toujours pas votre mot de passe, demandez un nouveau mail.")
    return respond(DeadEnd(410, _("Ce lien n'est plus valable"), [why, more], _again(), kind="info"))


def _link_used(_error: RecoveryLinkUsed) -> Response:
    return respond(
        DeadEnd(
            410,
            _("Ce lien a déjà servi"),
            [
                _("Votre mot de passe a été changé. Connectez-vous avec le nouveau."),
                _("Ce n'est pas vous qui l'avez changé ? Prévenez tout de suite l'assistance."),
            ],
            login_button(),
            kind="done",
        )
    )


def _password_elsewhere(_error: PasswordElsewhere) -> Response:
    return respond(
        DeadEnd(
            403,
            _("Votre mot de passe ne se change pas ici"),
            [
                _("Il est tenu par un autre service de l'université. Rien n'a été changé."),
                _("L'assistance vous dira où le changer."),
            ],
            Button(_("Aide"), "/aide"),
            kind="info",
        )
    )


# For the whole application: links are opened elsewhere, and their logins end in the wizard.
blueprint.app_errorhandler(RecoveryLinkEnded)(_link_ended)
blueprint.app_errorhandler(RecoveryLinkUsed)(_link_used)
blueprint.app_errorhandler(PasswordElsewhere)(_password_elsewhere)
