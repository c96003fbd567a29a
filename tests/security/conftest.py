"""Two bridges to attack: one whose realm is told what to answer, and one on the real Keycloak."""

from tests.integration.conftest import shared_stack, stack
from tests.support.fixtures import app, clock, realm

__all__ = ["app", "clock", "realm", "shared_stack", "stack"]
