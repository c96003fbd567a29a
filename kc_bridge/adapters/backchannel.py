"""The JAR's back channel, seen from Flask: what Keycloak is asked to write, and its refusals as our errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests

from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import (
    AccountClosed,
    ConfigurationError,
    JourneySuperseded,
    KeycloakUnavailable,
    LoginGone,
    NotOwned,
    NotPending,
    PasswordElsewhere,
    PasswordRefused,
    Violation,
)
from kc_bridge.settings import Settings

__all__ = ["BackChannel", "Completion", "NoSuchActions", "TicketUser"]

WEB_CLIENT = "kc-bridge-web"


@dataclass(frozen=True)
class Completion:
    """Where a login stands after ``complete``."""

    done: list[str]
    pending: list[str]
    proof: str | None
    """One-time; only the browser of this login may carry it back to Keycloak."""
    continues: bool
    """False when the login must not go on (a second factor and only a mail): the person logs in normally."""


@dataclass(frozen=True)
class TicketUser:
    """The person a ticket's login belongs to, as Keycloak knows them now."""

    user_id: str
    username: str
    email: str | None
    first_name: str | None
    last_name: str | None
    owned: bool
    """False for somebody brokered or made by hand: served in this login, out of reach otherwise."""
    password_writable: bool


class NoSuchActions(ConfigurationError):
    """Actions asked for that do not exist for this user; ``actions``: which."""

    def __init__(self, actions: list[str]) -> None:
        super().__init__(
            f"Keycloak offers this user none of the steps: {', '.join(actions)}.",
            "Switch on the required actions of the journey in the console, or run: kcb setup.",
        )
        self.actions = actions


@dataclass
class BackChannel:
    """Calls made as ``kc-bridge-web``."""

    settings: Settings
    credentials: ClientCredentials = field(init=False)

    def __post_init__(self) -> None:
        self.credentials = ClientCredentials(self.settings, WEB_CLIENT)

    def complete(
        self,
        ticket: str,
        done: list[str],
        attributes: dict[str, list[str]] | None = None,
        password: str | None = None,
        details: dict[str, dict[str, str]] | None = None,
        *,
        keep_sessions: bool = False,
    ) -> Completion:
        """Marks steps done, writing what they decided, in one transaction of Keycloak's.

        An attribute without values is removed. Attributes of steps this ticket has done before are written as well:
        people go back and correct. ``details``: by action, what Keycloak's event of the step shall tell (at most six
        texts, names ``[a-z_]{1,32}``, 200 characters each); never a secret, never anything personal. A new password ends
        the person's other sessions, unless ``keep_sessions``.

        Sent again once when the connection breaks: the same ticket may say the same twice.
        """
        body: dict[str, Any] = {"done": done, "attributes": attributes or {}, "details": details or {}}
        if password is not None:
            body |= {"password": password, "keepSessions": keep_sessions}
        answer = self._call("POST", f"tickets/{quote(ticket, safe='')}/complete", body, repeat=True)
        return Completion(
            done=answer["done"],
            pending=answer["pending"],
            proof=answer.get("proof"),
            continues=answer.get("login") == "continues",
        )

    def ticket_user(self, ticket: str) -> TicketUser:
        """Whose login this is. ``LoginGone``, ``JourneySuperseded``, ``NotOwned`` (an administrator), ``AccountClosed``."""
        answer = self._call("GET", f"tickets/{quote(ticket, safe='')}", None, repeat=True)
        return TicketUser(
            user_id=answer["userId"],
            username=answer["username"],
            email=answer["email"],
            first_name=answer["firstName"],
            last_name=answer["lastName"],
            owned=answer["owned"],
            password_writable=answer["passwordWritable"],
        )

    def password_check(self, ticket: str, password: str) -> list[Violation]:
        """All rules of the realm this password would break for the person of this login; raises as ``ticket_user``."""
        answer = self._call("POST", "password-check", {"ticket": ticket, "password": password}, repeat=True)
        return _violations(answer)

    def touch(self, ticket: str) -> None:
        """Keeps the login alive while somebody is at work in the wizard."""
        self._call("POST", f"tickets/{quote(ticket, safe='')}/touch", {}, repeat=True)

    def end_login(self, ticket: str) -> None:
        """Ends the login the ticket stands for; one that is gone already is fine."""
        try:
            self._call("DELETE", f"tickets/{quote(ticket, safe='')}", None, repeat=True)
        except LoginGone:
            return

    def mint_activation(
        self, user_id: str, actions: list[str], expires_at: datetime, ref: str, redirect_uri: str, locale: str
    ) -> str:
        """The address that logs ``user_id`` in to do ``actions``: for the browser that opened the link, at once.

        Actions there are not for this user are left out, unless none remains: the console has switched them off, or
        the password lives where Keycloak cannot write it.
        """
        body: dict[str, Any] = {
            "userId": user_id,
            "actions": actions,
            "expiresAt": int(expires_at.timestamp()),
            "clientId": WEB_CLIENT,
            "redirectUri": redirect_uri,
            "ref": ref,
            "locale": locale,
        }
        try:
            answer = self._call("POST", "activation-links", body, repeat=True)
        except NoSuchActions as unknown:
            left = [action for action in actions if action not in unknown.actions]
            if not left:
                raise
            answer = self._call("POST", "activation-links", body | {"actions": left}, repeat=True)
        return str(answer["url"])

    def reset(
        self,
        user_id: str,
        actions: list[str],
        password: str | None = None,
        *,
        remove_password: bool = False,
        while_pending: list[str] | None = None,
    ) -> None:
        """Asks for ``actions`` again and ends all that the account had open: sessions, tokens, logins under way, a lock
        after too many tries, and its password: removed, replaced by a provisional one, or kept.

        ``while_pending``: actions that must still wait on the user. Actions there are not for this user are left out as
        by :meth:`mint_activation`. May be repeated.

        Raises :class:`AccountClosed`, :class:`NotOwned`, :class:`NotPending`, :class:`PasswordElsewhere`,
        :class:`PasswordRefused` (the realm's policy counts for provisional ones too), :class:`KeycloakUnavailable`.
        """
        path = f"users/{quote(user_id, safe='')}/reset"
        body: dict[str, Any] = {"actions": actions, "removePassword": remove_password}
        body["whilePending"] = while_pending or []
        if password is not None:
            body["password"] = password
        try:
            self._call("POST", path, body, repeat=True)
        except NoSuchActions as unknown:
            left = [action for action in actions if action not in unknown.actions]
            if not left:
                raise
            self._call("POST", path, body | {"actions": left}, repeat=True)

    def password_policy(self) -> list[dict[str, Any]]:
        """The realm's password rules: ``[{"id": "length", "value": 12}, …]``."""
        policies: list[dict[str, Any]] = self._call("GET", "password-policy", None, repeat=True)["policies"]
        return policies

    def version(self) -> dict[str, str]:
        """Versions of the JAR and of Keycloak; also the cheapest proof that both answer."""
        return self._call("GET", "version", None, repeat=True)

    def _call(self, method: str, path: str, body: dict[str, Any] | None, *, repeat: bool) -> dict[str, Any]:
        try:
            response = self._send(method, path, body)
        except KeycloakUnavailable:
            if not repeat:
                raise
            response = self._send(method, path, body)
        if response.status_code == 401:
            self.credentials.forget()
            response = self._send(method, path, body)
        if response.status_code == 204:
            return {}
        answer = json_object(response)
        if response.status_code in {200, 201}:
            return answer
        raise _error(response.status_code, answer)

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        settings = self.settings
        return send(
            requests.Request(
                method,
                f"{settings.keycloak_url}/realms/{settings.realm}/kcb/{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.credentials.token()}"},
            ),
            timeout=settings.keycloak_timeout.total_seconds(),
        )


def _violations(answer: dict[str, Any]) -> list[Violation]:
    return [
        Violation(v["policy"], v["message"], tuple(v.get("parameters", ()))) for v in answer["violations"]
    ]


def _error(status: int, answer: dict[str, Any]) -> Exception:
    match answer.get("error"):
        case "ticket_gone" | "login_gone":
            return LoginGone()
        case "superseded":
            return JourneySuperseded()
        case "busy":
            return KeycloakUnavailable("another write for the same person is taking long")
        case "not_owned" | "no_such_user":
            return NotOwned()
        case "disabled":
            return AccountClosed()
        case "not_pending":
            return NotPending(answer.get("actions", []))
        case "password_read_only":
            return PasswordElsewhere()
        case "unknown_action":
            return NoSuchActions(answer["actions"])
        case "password_policy":
            return PasswordRefused(_violations(answer))
        case error:
            return ConfigurationError(
                f"Keycloak's kc-bridge extension answers {status} « {error} ».",
                "Run: kcb doctor (versions, roles and settings of the realm).",
            )
