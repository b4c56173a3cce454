"""Views of a case in order, with words: an asynchronous review, or prepared steps (LIVE-T1)."""
