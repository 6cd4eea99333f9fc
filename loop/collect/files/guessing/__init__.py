"""The import that guesses: how a file is written, what its columns are, and how sure that is. Reads, never writes.

bytes.py      encoding, line ends, separator, lines before the header
profiles.py   what the values of a column look like
lexicon.py    words that headers use for our fields, in seven languages
columns.py    which column is which field
threads.py    which list of a row holds its messages, and who is who in them
survey.py     what the whole file holds: ratings and dates, in bounded memory
conventions.py  the rating scale, and whether the day or the month comes first
look.py       all of it: a look at a file
"""
