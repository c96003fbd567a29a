"""Figures, not tests: ``make bench`` prints them and keeps them in ``.bench/results.json``."""
