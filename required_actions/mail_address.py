"""Mail addresses people type: written in one way, and refused with a reason they can act upon."""

from __future__ import annotations

from collections.abc import Collection

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from wtforms import ValidationError

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.web.words import clock_in_words

__all__ = ["is_within", "objection", "same_mailbox", "usable", "written_already"]


def usable(typed: str | None) -> str:
    """The address in its one writing: NFC, domain in lower case. No name server is asked.

    Raises WTForms' ``ValidationError``, its message for people: nothing typed, no address, or one that mail relays
    do not all carry (RFC 6531: letters with accents before the @).
    """
    if not typed:
        raise ValidationError(_("Saisissez une adresse mail."))
    try:
        valid = validate_email(typed, check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise ValidationError(
            _("Saisissez une adresse mail complète, par exemple camille@exemple.fr.")
        ) from None
    if valid.ascii_email is None:
        raise ValidationError(_("Saisissez une adresse sans accent ni caractère spécial avant le @."))
    return valid.normalized


def objection(
    typed: str | None, profile: UniversityProfile, refused_domains: Collection[str] = ()
) -> str | None:
    """Why this cannot be somebody's backup mail, for its owner; None: it can."""
    try:
        address = usable(typed)
    except ValidationError as refused:
        return str(refused)
    if profile.is_own_address(address):
        return _(
            "Donnez une adresse hors de l'université : sans votre mot de passe, vous ne pourriez pas lire celle-ci."
        )
    if is_within(address, refused_domains):
        return _("Donnez une autre adresse : celles de ce domaine ne sont pas acceptées ici.")
    return None


def written_already(held: TooManyTries) -> str:
    """Why an address is not written to now, and when it may be."""
    return _(
        "Nous vous avons déjà écrit : regardez aussi dans les indésirables. Vous pourrez demander un autre mail à"
        " partir de %(time)s.",
        time=clock_in_words(held.until),
    )


def is_within(address: str, domains: Collection[str]) -> bool:
    """True for an address in one of these domains or below."""
    domain = address.rpartition("@")[2].lower()
    return any(domain == name.lower() or domain.endswith(f".{name.lower()}") for name in domains)


def same_mailbox(one: str | None, other: str | None) -> bool:
    """True for one address written twice; only its domain is the same in any case (RFC 5321, 2.4)."""
    return bool(one and other) and _in_one_case(one or "") == _in_one_case(other or "")


def _in_one_case(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"
