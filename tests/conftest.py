"""Fixtures every test may ask for by name."""

from tests.orthanc import orthanc, orthanc_server

__all__ = ["orthanc", "orthanc_server"]
