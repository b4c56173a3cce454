"""What happened to measurements. Recorded by services only."""

from typing import Any, ClassVar
from uuid import UUID

from apps.core.events import CaseEvent


class MeasurementPut(CaseEvent):
    """A measurement is there: new, or put back by undo."""

    kind: ClassVar[str] = "measurement.put"

    entity: str = "measurement"
    measurement: dict[str, Any]


class MeasurementRevised(CaseEvent):
    kind: ClassVar[str] = "measurement.revised"

    entity: str = "measurement"
    measurement: dict[str, Any]


class MeasurementRemoved(CaseEvent):
    kind: ClassVar[str] = "measurement.removed"

    entity: str = "measurement"
    id: UUID
    version: int
