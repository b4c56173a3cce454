"""Research data out and back: a series with its masks as NIfTI, and what leads back to it."""
