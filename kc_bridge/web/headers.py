"""Security headers, on every response there is: pages, redirects, errors (OWASP ASVS 5.0, V3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from kc_bridge.services import services

__all__ = ["CACHEABLE", "content_security_policy", "setup"]

CACHEABLE = frozenset({"static", "theme_resource", "university_css"})
"""Endpoints whose answers are the same for everybody."""


def content_security_policy(keycloak_public_url: str) -> str:
    """Nothing but our own origin; forms may also end at Keycloak, where opening a link redirects."""
    parts = urlsplit(keycloak_public_url)
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {parts.scheme}://{parts.netloc}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def setup(app: Flask) -> None:
    with app.app_context():
        settings = services().settings
    policy = content_security_policy(settings.keycloak_public_url)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = policy
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if request.endpoint in CACHEABLE and response.status_code == 200:
            headers["Cache-Control"] = "public, max-age=3600"
        else:
            headers["Cache-Control"] = "no-store"
        if settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response
