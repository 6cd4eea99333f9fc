"""The floor for changes: what an operation does, shows, teaches and costs, said once for every stage and screen.

    sections/      one row per section of a bundle: words, checks, footprint, stakes, title, form
    edits.py       five generic edits of a section: put, retire, exchange, quote, replace
    operations.py  each typed operation as one of them; apply, footprint, summary
    diff.py        two bundles side by side        stakes.py    what a wrong decision would cost
    between.py     operations from one bundle to another
    footprint.py   which cases a change is about   proposal.py  from an idea to a proposal
    matching.py    when a rule applies             texts.py, acceptance.py    what may enter a version

To add an operation: its record in `records/operations.py`, its row in `operations.edit_of`, its test.
"""
