"""Corrections and feedback: what people say, what became of it, and what it influenced."""
