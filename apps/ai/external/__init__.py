"""Other vendors' SEG, SR and parametric maps: what they say, by whom, and where it lies."""
