"""Putting what registers write into one form; pure, and the same for every source."""
