"""Users that were in Keycloak before the bridge: matched to the people sources name, marked, and owned from then on."""
