"""What the guard is told, and who may overrule it."""
