"""A careful DICOMweb client: the PACS is treated as hostile (threat model, PACS)."""

from apps.imaging.pacs.client import (
    PacsClient,
    QidoSeries,
    QidoStudy,
    ReceivedPart,
    StowReply,
    open_client,
)

__all__ = ["PacsClient", "QidoSeries", "QidoStudy", "ReceivedPart", "StowReply", "open_client"]
