"""What every page is drawn with: text that is escaped, cards, marks, keys and lists. Imports no other area."""
