"""The learning loop: what happens to feedback between a person's complaint and a better answer.

    collect → validate → update → test → (a person decides) → deploy or roll back

Five stages, five folders. Each exports one function, `step`, which takes what it needs and
returns what it made; no stage imports another, none reads a clock, a database or a network.

    collect/    1  what happened: interactions and feedback, from files, gateways, traces
    validate/   2  was it true: the feedback firewall, issues, cases with a known good answer
    update/     3  what to change: typed operations, drafted as proposals
    test/       4  is it better: base and candidate replayed on the same held-out cases
    deploy/     5  who gets it: decisions, releases, rollbacks

`engine.turn` runs them in this order and commits each once; `desk` holds what a person can do. Around them:

    records/    the words                 ports.py     what the core needs from outside
    stats/      numbers, no domain words  agent/       compose a version into an answer
    autonomy.py who must decide           roles.py     who may act
    llm.py · jobs.py · serve/ · wiring.py · demo/ · cli.py    the edge, where effects live

This package imports nothing by itself: write `from loop import records`, never `import loop`.
"""
