"""Radiotherapy of a case: structure sets, doses and plans, read from the archive's DICOM JSON."""
