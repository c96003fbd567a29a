"""Whole installations to put under load."""

from tests.integration.conftest import realms

__all__ = ["realms"]
