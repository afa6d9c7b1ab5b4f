"""Attempts to statistics: accuracy with intervals, paired tests, the ladder. No torch."""
