"""The demo: an invented company, three months of its customers' questions, and the loop at work on them.

    topics/*.toml · company.toml · people.toml   what everybody says, written by hand
    company.py    the content as records, and the version the agent starts with
    wording.py    one customer's way of writing a question
    world.py      which questions come on which day, and what the right answer is
    reactions.py  who says what about an answer, from the truth and the answer given
    attacks.py    the planted brigade and the planted injections
    script.py     what the people of the story decide, and when
    story.py      runs the loop through the days; `ratchet demo`

Nobody and nothing in it is real, and every screen says so.
"""
