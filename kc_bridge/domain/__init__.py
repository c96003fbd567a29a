"""Pure rules and plain data: no framework, no clock, no network."""
