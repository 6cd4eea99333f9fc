"""Text that instructs the system, and what must be masked: how much is found, and how much honest text is hit."""
