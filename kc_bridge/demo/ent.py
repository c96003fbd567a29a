"""« ENT démo »: the application a student wants to reach, as small as an OIDC client can be.

``/connexion`` is its login-*starting* address: it makes its own ``state``, ``nonce`` and PKCE verifier, and Keycloak's
session does the rest. ``/connexion?action=kcb-…`` asks Keycloak for one activation step (application initiated action).
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

import click
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from kc_bridge.demo.pages import page_app, serve

__all__ = ["CLIENT_ID", "create_app"]

CLIENT_ID = "ent-demo"
SHOWN_CLAIMS = (
    "sub", "preferred_username", "uid", "given_name", "name", "email",
    "eduPersonPrimaryAffiliation", "eduPersonAffiliation", "accountEnd",
)  # fmt: skip

STEPS = {
    "kcb-new-password": "Changer de mot de passe",
    "kcb-backup-mail": "Changer de mail de secours",
    "kcb-mail-forwarding": "Rediriger mes mails",
    "kcb-sms-consent": "Messages SMS",
    "kcb-photo-use": "Usage de ma photo",
    "kcb-directory-visibility": "Ma visibilité dans l'annuaire",
}
"""What the page offers to do again, by action."""

ENGLISH = {
    "Bonjour": "Hello",
    "Vous êtes connecté à l'ENT.": "You are signed in to the ENT.",
    "L'application de démonstration": "The demonstration application",
    "Elle ne fait rien d'autre que demander à Keycloak qui vous êtes.": (
        "All it does is to ask Keycloak who you are."
    ),
    "Se connecter": "Sign in",
    "Se déconnecter": "Sign out",
    "Mon compte": "My account",
    "Changer de mot de passe": "Change password",
    "Changer de mail de secours": "Change backup email",
    "Rediriger mes mails": "Forward my mails",
    "Messages SMS": "Text messages",
    "Usage de ma photo": "Use of my photograph",
    "Ma visibilité dans l'annuaire": "My visibility in the directory",
    "Identifiant": "Login",
    "Nom": "Name",
    "Adresse": "Mail address",
    "Affiliation": "Affiliation",
    "Identifiant permanent": "Permanent identifier",
    "Fin du compte": "Account ends on",
    "La connexion n'a pas abouti": "Signing in did not succeed",
    "Keycloak ne répond pas. Réessayez dans un instant.": "Keycloak does not answer. Try again in a moment.",
    "Keycloak l'a refusée ou elle a été abandonnée :": "Keycloak refused it, or it was given up:",
    "Réessayer": "Try again",
    "Étape demandée :": "Requested step:",
}


def create_app(issuer: str, secret_key: str) -> Flask:
    """The ENT, logging people in at ``issuer`` (a realm's public address)."""
    app = page_app("ent_demo", ENGLISH)
    app.secret_key = secret_key
    keycloak = OAuth(app).register(
        "keycloak",
        client_id=CLIENT_ID,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email eduperson supann",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
            "timeout": 10,
        },
    )

    @app.get("/")
    def home() -> str:
        return render_template(
            "ent.html", user=session.get("user"), step=session.pop("step", None), steps=STEPS
        )

    @app.get("/connexion")
    def sign_in() -> WerkzeugResponse:
        action = request.args.get("action", "")
        wanted = {"kc_action": action} if action.startswith("kcb-") else {}
        back = url_for("signed_in", _external=True)
        return keycloak.authorize_redirect(back, ui_locales=request.args.get("lang"), **wanted)

    @app.get("/retour")
    def signed_in() -> WerkzeugResponse:
        token = keycloak.authorize_access_token()
        claims = token["userinfo"]
        session["user"] = {name: claims[name] for name in SHOWN_CLAIMS if name in claims}
        session["id_token"] = token["id_token"]
        session["step"] = request.args.get("kc_action_status")
        return redirect(url_for("home"))

    @app.get("/deconnexion")
    def sign_out() -> WerkzeugResponse:
        hint = {"id_token_hint": session["id_token"]} if "id_token" in session else {}
        session.clear()
        query = {"client_id": CLIENT_ID, "post_logout_redirect_uri": url_for("home", _external=True), **hint}
        return redirect(f"{issuer}/protocol/openid-connect/logout?{urlencode(query)}")

    @app.errorhandler(OAuthError)
    def refused(error: OAuthError) -> tuple[str, int]:
        return render_template("ent_error.html", reason=error.error), 400

    @app.errorhandler(requests.RequestException)
    def unreachable(_: requests.RequestException) -> tuple[str, int]:
        return render_template("ent_error.html", reason=None), 503

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok", mimetype="text/plain")

    return app


@click.command()
@click.option("--port", type=int, default=8001, show_default=True)
@click.option("--issuer", required=True, help="Public address of the realm.")
def main(port: int, issuer: str) -> None:
    """Serve « ENT démo » on the loopback address."""
    serve(create_app(issuer, secrets.token_urlsafe(32)), port)


if __name__ == "__main__":
    main()
