"""DICOM Segmentations of the archive: what they say, where they lie, their masks."""
