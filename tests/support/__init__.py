"""Parts that several test packages stand on."""
