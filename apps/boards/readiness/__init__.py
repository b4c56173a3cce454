"""Where the items of a case come from, and what became of AI on it."""
