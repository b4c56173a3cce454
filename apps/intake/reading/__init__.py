"""A list as it comes: text or a file, hostile until it is a small table of plain text."""

from apps.intake.reading.tables import Table, read_file, read_text

__all__ = ["Table", "read_file", "read_text"]
