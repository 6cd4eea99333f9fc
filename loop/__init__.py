"""The learning loop: what happens to feedback between a person's complaint and a better answer.

    collect → validate → update → test → (a person decides) → deploy or roll back

Five stages, five folders. Each takes what it needs and returns what it made; no stage imports another,
none reads a clock, a database or a network, and nobody outside a stage imports past its `__init__`.

    collect/    1  what happened: interactions and feedback, from files, gateways, traces
    validate/   2  was it true: the feedback firewall, issues, cases with a known good answer
    update/     3  what to change: typed operations, drafted as proposals
    evaluate/   4  is it better (the stage "test"): base and candidate replayed on the same held-out cases
    deploy/     5  who gets it: releases, rollbacks, the watch over what is live

`engine.turn` runs them in this order, one commit each, and a stage that fails stops no other; `desk` holds
what a person can do. A stage stands on floors that all stages share, from the bottom:

    errors.py  settings.py
    records/    the words, frozen: kinds with their traits, states with who may move, operations, identity
    ports.py    what the core needs from outside, as protocols
    stats/      numbers, no domain words      text/       spelling, secrets, vectors, near-duplicates, search
    change/     what an operation does, shows, teaches and costs: one row per section of a bundle
    limits.py   what follows from classes and cases where no limit is set
    heldout.py  the leak guard: what must never teach
    policy.py   who must decide               roles.py    who may act
    agent/      compose a version into an answer
    improvement/  a manager's four sentences, from facts that are kept by increments

    llm.py · jobs · wiring.py · serve/ · demo/ · cli/    the edge, where effects live

This package imports nothing by itself: write `from loop import records`, never `import loop`.
"""
