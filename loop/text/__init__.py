"""The floor for words: each idea about text once. Knows records and errors, and nothing of any stage.

spelling.py     normalisation: the same text, words, name      sentences.py    splitter, edit difference, facts
invisible.py    one table of invisible characters              secrets.py      credentials by prefix and by entropy
personal.py     personal data by its shape                     redaction.py    masking with typed placeholders
vectors.py      hashed TF-IDF, the one vector space            classifier.py   centroid and nearest-case classification
near.py         near-duplicates: MinHash, Jaccard              search.py       BM25 article search, nearest examples
"""
