"""Images and masks out as NIfTI-1, and masks back: the grid, the file, and what lies where."""
