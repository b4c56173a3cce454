"""The parser child: reads one hostile DICOM file at a time under resource limits.

Runs as ``python -m apps.imaging.parser`` in its own process: no Django, no database, no
secrets in its environment. The parent is ``apps.imaging.parsing``.
"""
