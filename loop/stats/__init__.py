"""Numbers without domain words: tests, intervals and power over counts, never over raw rows.

Every function takes counts and returns a number or a named result, keeps nothing and draws nothing.
What each test promises (its error rate at the sizes we meet) is proved by simulation in `tests/numbers`.
"""
