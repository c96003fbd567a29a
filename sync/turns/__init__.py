"""One run at a time, on any number of machines."""
