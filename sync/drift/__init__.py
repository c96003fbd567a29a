"""What Keycloak holds otherwise than the sync has told it."""
