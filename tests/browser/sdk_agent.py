"""Somebody's agent with the SDK in it: it answers by the version that is live, and records what it was asked and said.

python sdk_agent.py QUESTION
"""

import sys

from loop.sdk import Ratchet

ratchet = Ratchet()  # address, key and agent come from the environment


@ratchet.observed
def answer(question: str) -> str:
    """The answer of the version's example that shares most words with the question; else what it always said."""
    words = set(question.lower().replace(",", " ").split())
    live = ratchet.version()
    shared = [
        (len(words & set(one["question"].lower().replace(",", " ").split())), one["label"])
        for one in (live["bundle"]["examples"] if live else ())
    ]
    count, label = max(shared, default=(0, ""))
    return label if count >= 3 else "something else"


if __name__ == "__main__":
    ratchet.version()  # before the first question, so that what is recorded says which version it was
    print(answer(sys.argv[1]))
    if not ratchet.flush(300):
        sys.exit("Not everything was sent.")
