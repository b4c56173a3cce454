"""What happened to images. Recorded by services only; never carries patient identity."""

from typing import ClassVar
from uuid import UUID

from apps.core.events import CaseEvent, DomainEvent


class StudyIngested(DomainEvent):
    """A study is completely in the archive (again, when it grew)."""

    kind: ClassVar[str] = "study.ingested"

    study_id: UUID
    case_ids: tuple[UUID, ...]
    series_ids: tuple[UUID, ...]


class StudyLinked(CaseEvent):
    kind: ClassVar[str] = "study.linked"

    study_id: UUID


class StudyReady(CaseEvent):
    """``study.ready``: the study can be opened in this case."""

    kind: ClassVar[str] = "study.ready"

    study_id: UUID


class StudyProgressed(CaseEvent):
    """``study.progress``: throttled to one a second per study."""

    kind: ClassVar[str] = "study.progress"

    study_id: UUID
    state: str
    done: int
    total: int
    error_code: str = ""


class PicturesCleared(DomainEvent):
    """Somebody looked at withheld pictures: de-identified viewers may have this content."""

    kind: ClassVar[str] = "pictures.cleared"

    case_id: UUID
    series_id: UUID
    content_sha256: str


class PicturesWithheld(DomainEvent):
    """A clearing was taken back."""

    kind: ClassVar[str] = "pictures.withheld"

    case_id: UUID
    series_id: UUID


class ImportFinished(DomainEvent):
    kind: ClassVar[str] = "import.finished"

    case_id: UUID
    import_id: UUID
    stored: int
    duplicates: int
    rejected: int
