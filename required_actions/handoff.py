"""The handoff: the signed JWT with which Keycloak sends a browser here. Verified, then spent, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from joserfc import jws
from joserfc.errors import JoseError
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.domain.errors import HandoffRefused
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.web import SpentToken

__all__ = ["AUDIENCE", "Handoff", "spend", "verify", "way_back"]

AUDIENCE = "kc-bridge-web"
TYPE = "kcb-handoff+jwt"
LEEWAY = 5
"""Seconds of difference allowed between Keycloak's clock and ours."""


@dataclass(frozen=True)
class Handoff:
    """What Keycloak says of a login that waits for us."""

    user_id: str
    act: str
    acts: list[str]
    ticket: str
    ret: str
    cancel: str | None
    client_id: str
    locale: str | None
    aia: bool
    ref: str | None
    """The opening of the mailed link that began this login."""
    jti: str
    expires_at: datetime


def verify(token: str, keys: RealmKeys, issuer: str, keycloak_public_url: str, now: datetime) -> Handoff:
    """The handoff, if Keycloak made it for us and it is fresh.

    Raises :class:`HandoffRefused` (the reason is for the log) and :class:`KeycloakUnavailable`.
    """
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("alg") != "RS256" or header.get("typ") != TYPE:
            raise HandoffRefused("wrong algorithm or type")
        claims = keys.verified(token, str(header.get("kid", ""))).claims
    except (JoseError, ValueError, TypeError) as error:
        raise HandoffRefused(f"not a token of this realm: {type(error).__name__}") from None
    if claims.get("iss") != issuer:
        raise HandoffRefused("wrong issuer")
    if claims.get("aud") not in (AUDIENCE, [AUDIENCE]):
        raise HandoffRefused("wrong audience")
    try:
        handoff = _read(claims)
        issued_at = datetime.fromtimestamp(int(claims["iat"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise HandoffRefused("claims missing or malformed") from None
    if not issued_at.timestamp() - LEEWAY <= now.timestamp() < handoff.expires_at.timestamp() + LEEWAY:
        raise HandoffRefused("expired or from the future")
    if not _is_below(handoff.ret, keycloak_public_url) or (
        handoff.cancel and not _is_below(handoff.cancel, keycloak_public_url)
    ):
        raise HandoffRefused("leads elsewhere than Keycloak")
    return handoff


def spend(sessions: SessionFactory, handoff: Handoff, now: datetime) -> bool:
    """Marks the handoff used; False when it was already. Also forgets those that have expired by now."""
    try:
        with sessions.begin() as db:
            db.execute(delete(SpentToken).where(SpentToken.expires_at < now))
            # Remembered for as long as any process may still take it for fresh, its clock being behind ours.
            db.add(SpentToken(jti=handoff.jti, expires_at=handoff.expires_at + timedelta(seconds=2 * LEEWAY)))
    except IntegrityError:
        return False
    return True


def way_back(ret: str, proof: str) -> str:
    """Where the browser of this login carries the proof to."""
    return f"{ret}{'&' if '?' in ret else '?'}{urlencode({'kcb_proof': proof})}"


def _read(claims: dict[str, Any]) -> Handoff:
    acts = claims["acts"]
    if not isinstance(acts, list) or not all(isinstance(act, str) for act in acts):
        raise TypeError("acts")
    return Handoff(
        user_id=_text(claims["sub"]),
        act=_text(claims["act"]),
        acts=acts,
        ticket=_text(claims["ticket"]),
        ret=_text(claims["ret"]),
        cancel=_text(claims["cancel"]) if claims.get("cancel") else None,
        client_id=_text(claims["cid"]),
        locale=_text(claims["locale"]) if claims.get("locale") else None,
        aia=claims.get("aia") is True,
        ref=_text(claims["ref"]) if claims.get("ref") else None,
        jti=_text(claims["jti"]),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("not a string")
    return value


def _is_below(url: str, base: str) -> bool:
    return url.startswith(base + "/")
