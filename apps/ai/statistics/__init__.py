"""Statistics that more than one part of the AI app needs. Pure: no Django, no DICOM, no files."""
