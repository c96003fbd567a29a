"""Lifecycle rules: pure functions of affiliations and a day. Nothing here knows a clock, a database or Keycloak."""

RULES_VERSION = "1"
"""Part of every row's hash: raised when a rule changes, so that unchanged rows are judged again."""
