"""A bridge without a Keycloak."""

from tests.support.fixtures import app, clock, realm

__all__ = ["app", "clock", "realm"]
