"""The tables of imaging. Each module is one concern."""

from apps.imaging.models.clearances import PictureClearance
from apps.imaging.models.imports import Import, ImportFile
from apps.imaging.models.pacs import PacsConnection, SeriesOrigin, SourceReport
from apps.imaging.models.studies import (
    AccessToken,
    CaseImages,
    CaseStudy,
    IngestJob,
    Instance,
    PixelTicket,
    PriorStudy,
    Series,
    Study,
    TokenFailure,
)

__all__ = [
    "AccessToken",
    "CaseImages",
    "CaseStudy",
    "Import",
    "ImportFile",
    "IngestJob",
    "Instance",
    "PacsConnection",
    "PictureClearance",
    "PixelTicket",
    "PriorStudy",
    "Series",
    "SeriesOrigin",
    "SourceReport",
    "Study",
    "TokenFailure",
]
