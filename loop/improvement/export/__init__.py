"""The page taken elsewhere: as a printable document with its pictures, and as rows of numbers."""
