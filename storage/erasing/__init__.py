"""Erasure by subject: a person's words and names go from every table, and what is left still follows.

subject  whose words: rows by link, and the texts that nobody else said
scrub    the words out of texts and JSON
arrivals what arrived: tombstones in its place     tables   everything else, by one rule per table
apart    raw text, and what imports overwrote
journal  bundles and entries: what is left of them is vouched for by a tombstone
run      all of it in one transaction
"""
