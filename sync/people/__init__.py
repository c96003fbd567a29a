"""From rows to human beings: who they are, what they are called, and which Keycloak user they should have."""
