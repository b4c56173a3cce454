"""Phantoms as DICOM objects: valid, deterministic, and plainly marked as synthetic."""
