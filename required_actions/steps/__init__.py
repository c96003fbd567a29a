"""One file a step: its fields, what it keeps, what Keycloak learns of it."""
