"""Review: one change with its evidence, and what may be done with it."""
