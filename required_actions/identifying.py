"""The entrance for people without a mailed link: a number they know, and their birth date.

Whatever does not open is answered alike, after the same work: an unknown number, another birth date, an account that is
activated, closed, or entered otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel.lists import format_list
from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse

from kc_bridge.domain.numbers import NumberKind, as_typed
from kc_bridge.domain.profile import JourneySpec, UniversityProfile
from kc_bridge.services import Services, services
from kc_bridge.store.models import Person
from kc_bridge.web import sessions
from required_actions import identify_tries, links
from required_actions.logins import OpenedLink
from required_actions.number_proof import NumberForm, opened
from required_actions.opening import ask

__all__ = ["NOTICE", "blueprint", "notices"]

blueprint = Blueprint("identifying", __name__, url_prefix="/identification", template_folder="templates")

LIFETIME = timedelta(minutes=60)
"""Of what a number and a birth date open; no longer than the wizard's own session."""
NOTICE = "identify"
"""The profile's word on what number and birth date are used for."""
FIRST_TIME = "/premiere-connexion"


@dataclass(frozen=True)
class Kind:
    """A kind of number, in the words of those who hold one."""

    title: Any
    where: Any
    """Where to find it."""
    mine: Any
    """As the list of who may use what names it. All three are lazy strings."""


KINDS: dict[NumberKind, Kind] = {
    "student_number": Kind(
        _l("Numéro étudiant"),
        _l("Vous l'avez obtenu à la fin de votre inscription. Il figure sur votre carte multiservice."),
        _l("votre numéro d'étudiant"),
    ),
    "ine": Kind(
        _l("Numéro INE"),
        _l(
            "Il figure par exemple sur votre relevé de notes du baccalauréat et sur votre carte multiservice."
        ),
        _l("votre INE"),
    ),
    "staff_number": Kind(
        _l("Numéro personnel"),
        _l("Votre matricule auprès de la gestion du personnel. Il figure sur votre carte multiservice."),
        _l("votre matricule personnel"),
    ),
    "uid": Kind(
        _l("UID"),
        _l("L'identifiant unique que le service qui vous accueille vous a remis."),
        _l("l'identifiant unique qui vous a été fourni"),
    ),
}
WHO: tuple[tuple[Any, frozenset[NumberKind]], ...] = (
    (_l("étudiant : vous pouvez utiliser %(numbers)s."), frozenset({"student_number", "ine"})),
    (_l("personnel : vous pouvez utiliser %(numbers)s."), frozenset({"staff_number"})),
    (_l("externe : vous pouvez utiliser %(numbers)s."), frozenset({"uid"})),
)
"""Who holds which numbers, in the order in which people look for themselves."""


def notices(profile: UniversityProfile) -> dict[str, str]:
    """The notices a profile needs for this entrance, and why."""
    return {NOTICE: "the entrance « identify »"} if profile.identify_by else {}


@blueprint.get("")
def choose() -> BaseResponse | str:
    """Which kind of number somebody knows."""
    kinds = services().profile.identify_by
    if not kinds:
        abort(404)
    if len(kinds) == 1:
        return redirect(_address(kinds[0]), 303)
    tiles = [{"title": KINDS[kind].title, "text": KINDS[kind].where, "url": _address(kind)} for kind in kinds]
    return render_template("identify.html", tiles=tiles, who=_who(kinds))


def _who(offered: list[NumberKind]) -> list[str]:
    """A sentence for everybody who holds one of the numbers on offer, and none for those who do not."""
    locale = get_locale()
    held = [(text, [str(KINDS[kind].mine) for kind in offered if kind in kinds]) for text, kinds in WHO]
    return [
        str(text) % {"numbers": format_list(mine, style="or", locale=locale)} for text, mine in held if mine
    ]


@blueprint.get("/<kind>")
def show(kind: str) -> str:
    """Asks for the number and the birth date."""
    return _page(_offered(kind), NumberForm(formdata=None))


@blueprint.post("/<kind>")
def send(kind: str) -> BaseResponse:
    """Opens the account of whoever gives its number and birth date, in this browser alone."""
    kcb, known = services(), _offered(kind)
    form = NumberForm(request.form)  # fields alone: a file is not a number
    if not form.validate() or form.born is None:
        return make_response(_page(known, form), 422)
    number = as_typed(form.number.data, known)
    identify_tries.count(kcb, known, number, form.born, request.remote_addr)
    link = _open(kcb, known, number, form.born)
    if link is None:
        form.form_errors = [
            _("Nous n'avons pas pu ouvrir de compte avec ce numéro et cette date de naissance.")
        ]
        return make_response(_page(known, form, refused=True), 422)
    sessions.renew()
    return ask(link)


def _open(kcb: Services, kind: NumberKind, number: str, born: date) -> OpenedLink | None:
    """The person's way in, which ends every older one; None when there is nothing to open."""
    with kcb.sessions() as db:
        found = opened(db, kcb, kind, number, born, _kinds)
    if found is None:
        return None
    kcb.backchannel.version()  # nothing older is ended for a Keycloak that cannot take anybody on
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        found = opened(db, kcb, kind, number, born, _kinds)
        if found is None:
            return None
        person = db.get_one(Person, found.id)
        journey = kcb.profile.journey_for(person.population).name
        return OpenedLink(links.issue(db, person, journey, now + LIFETIME, now, purpose=links.IDENTIFIED).id)


def _kinds(journey: JourneySpec) -> list[NumberKind]:
    return journey.identify_by


def _page(kind: NumberKind, form: FlaskForm, *, refused: bool = False) -> str:
    kcb = services()
    several = len(kcb.profile.identify_by) > 1
    return render_template(
        "identify_form.html",
        form=form,
        kind=KINDS[kind],
        refused=refused,
        back_url="/identification" if several else FIRST_TIME,
        notices=[kcb.profile.notice(NOTICE).told(str(get_locale() or "fr"))],
        privacy_contact=kcb.profile.privacy.contact,
    )


def _offered(slug: str) -> NumberKind:
    """The kind an address names; there is no page for kinds this university does not take."""
    kinds = {_address(kind): kind for kind in services().profile.identify_by}
    return kinds.get(f"/identification/{slug}") or abort(404)


def _address(kind: NumberKind) -> str:
    return f"/identification/{kind.replace('_', '-')}"
