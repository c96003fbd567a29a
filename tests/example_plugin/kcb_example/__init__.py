"""A university's own package: see pyproject.toml for what it adds to kc-bridge."""
