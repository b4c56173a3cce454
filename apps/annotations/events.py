"""What happened to measurements, lesions and key images. Recorded by services only."""

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


class LesionPut(CaseEvent):
    """A lesion is there: new, or put back by undo."""

    kind: ClassVar[str] = "lesion.put"

    entity: str = "lesion"
    lesion: dict[str, Any]


class LesionRevised(CaseEvent):
    kind: ClassVar[str] = "lesion.revised"

    entity: str = "lesion"
    lesion: dict[str, Any]


class LesionRemoved(CaseEvent):
    kind: ClassVar[str] = "lesion.removed"

    entity: str = "lesion"
    id: UUID
    version: int


class KeyImageAdded(CaseEvent):
    kind: ClassVar[str] = "key_image.added"

    entity: str = "key_image"
    key_image: dict[str, Any]


class KeyImageRemoved(CaseEvent):
    kind: ClassVar[str] = "key_image.removed"

    entity: str = "key_image"
    id: UUID
    version: int
