"""What is on record: acts, whole versions, tried questions."""
