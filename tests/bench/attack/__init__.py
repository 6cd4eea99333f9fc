"""Bought with words: what accounts that correct answers bring into live answers, and the price for honest people."""
