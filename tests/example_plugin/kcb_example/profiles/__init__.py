"""The profiles of this package, one TOML file each."""
