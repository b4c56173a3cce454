"""Spatial registrations: which frames of reference are linked, by what, and what is refused."""
