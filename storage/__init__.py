"""The system of record: everything Ratchet keeps, in SQLite for one machine or PostgreSQL for a team.

    database    open, migrate and close a database; make agents and hand out their stores
    store       one agent's records: what `loop.ports.Store` asks for
    writing     one commit, in one transaction        arriving  interactions and feedback: new, changed, superseded
    ruling      decide, deploy, roll back             items     feedback and proposals with where they stand
    audit       the hash-chained journal              rows      records to rows and back, in one place
    tables      the tables                            schema    create and upgrade them; migrations/ are the steps
    connecting  URLs, settings, failures in words     triggers  what keeps the journal append-only
    queries     read models for the screens

Frozen records go in and come out; rows never leave this package.
"""
