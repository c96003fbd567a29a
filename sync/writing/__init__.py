"""What a run writes down, before Keycloak is told and after."""
