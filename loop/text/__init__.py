"""The floor for words: one spelling, one splitter, one vector space. Knows records and nothing of any stage."""
