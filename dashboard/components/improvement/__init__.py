"""Improvement: the charts behind the four sentences."""
