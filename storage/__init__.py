"""The system of record: everything Ratchet keeps, in SQLite for one machine or PostgreSQL for a team.

    database    open, migrate and close a database; make agents and hand out their stores
    store       one agent's records: what `loop.ports.Store` asks for     snapshot   its reads
    ingest      append: new, changed, duplicate, superseded               content    digests of what arrives
    commit      what a stage made, in one transaction                     proposals  candidates, reports, states
    decisions   decide, deploy, roll back: compare-and-swap, exactly once
    locks       the two rows writers queue on: head and arrival log       audit      the hash-chained journal
    rows        records to rows and back, in one place                    bodies     stored JSON as it was written
    reads       feedback, proposals and signals with where they stand     tables/    the tables
    schema      create and upgrade them; migrations/ are the steps        triggers   the journal is append-only
    record      seals of the rows that decide, and their totals           arrival_totals  of what arrives
    chain       the live version's own chain, in a few reads              inspection/  the audit: all of it
    checkpoint  everything sealed anew, after an upgrade                  keys · anchors  what is kept elsewhere
    connecting  URLs, settings, failures in words                         queries/   read models for the screens

Frozen records go in and come out; rows never leave this package.
"""
