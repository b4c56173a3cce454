"""Documents of a case: for whoever sees it identified; of cleared PDFs, pages for everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.cases.embargo import AiHidden
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.registry import report_owners
from apps.imaging.ai_objects import hidden_objects
from apps.imaging.archive import open_series
from apps.imaging.choices import SeriesKind
from apps.imaging.dicom_json import Document
from apps.imaging.documents.header import DocumentHeader, read_header
from apps.imaging.documents.kinds import DOCUMENTS, PDF, kind_of
from apps.imaging.documents.pages import WIDTHS, Page, count_pages, open_page
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.values import ImageReference, text_of
from apps.imaging.evicted import explain_absence
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.models import Instance, Series
from apps.imaging.projection import Projection
from apps.imaging.selectors import open_published, projection_for
from apps.imaging.withholding import only_cleared_documents


@dataclass(frozen=True, slots=True)
class PlacedReference:
    """An image that is spoken of, and the series of the case that holds it, if any does."""

    reference: ImageReference
    series: Series | None


@dataclass(frozen=True, slots=True)
class DocumentInCase:
    """One object; without header only that it is there: for a guest, or while it is fetched."""

    row: Instance
    header: DocumentHeader | None
    problems: tuple[Problem, ...]
    references: int
    missing: int
    is_own: bool  # this house wrote it: a finding says the same
    is_cleared: bool
    projection: Projection | None

    def uid(self, original: str) -> str:
        """A UID as this viewer knows it."""
        return self.projection.uid(original) if self.projection else original

    @property
    def kind(self) -> str:
        return kind_of(self.row.sop_class_uid)

    @property
    def has_pages(self) -> bool:
        """Its pages may be asked for."""
        is_here = self.header is not None or self.is_cleared
        return self.kind == SeriesKind.PDF and is_here

    @property
    def is_withheld(self) -> bool:
        return self.projection is not None and not self.is_cleared


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """One object with all that it says: ``document`` is its archived DICOM JSON."""

    listed: DocumentInCase
    document: Document
    pages: int
    places: dict[str, Series]

    def place(self, reference: ImageReference) -> PlacedReference:
        return PlacedReference(reference, self.places.get(reference.sop_instance_uid))

    def image_header(self, reference: ImageReference) -> Document | None:
        """The archived header of an image it speaks of."""
        series = self.places.get(reference.sop_instance_uid)
        if series is None or not series.archive_key:
            return None
        try:
            return _image_headers(series.archive_key).get(reference.sop_instance_uid)
        except FileNotFoundError:
            return None


def list_case_documents(*, actor: Actor, case_id: UUID) -> list[DocumentInCase]:
    """Newest first. A de-identified viewer is told which are there, and what of them is open.

    Reports of findings are left out while the images are to be read first.
    """
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    rows = _without_hidden(list(_instances(case_id)), actor=actor, case_id=case_id)
    if projection is not None:
        cleared = frozenset(
            only_cleared_documents(Series.objects.all()).values_list("pk", flat=True)
        )
        return [
            _withheld(row, projection, row.sop_class_uid == PDF and row.series_id in cleared)
            for row in rows
        ]
    headers = [_header_if_here(row) for row in rows]
    places = _places(case_id, {uid for one in headers if one for uid in one.referenced})
    claimed = _claimed(case_id, rows)
    described = []
    for row, header in zip(rows, headers, strict=True):
        is_own = row.sop_instance_uid in claimed
        described.append(
            _describe(row, header, places=places, is_own=is_own)
            if header
            else _evicted(row, is_own=is_own)
        )
    return sorted(described, key=_newness, reverse=True)


def open_document(*, actor: Actor, case_id: UUID, instance_id: UUID) -> OpenedDocument:
    """All that one object says.

    Raises
    ------
    NotVisible
        Not this actor's case, no such object in it, or the viewer is de-identified.
    UnreadableObject
        A PDF that cannot be drawn.
    AiHidden
        AI made it, and the images are to be read first.
    """
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    row = _instances(case_id).filter(pk=instance_id).first() if projection is None else None
    if row is None:
        raise NotVisible()
    if not _without_hidden([row], actor=actor, case_id=case_id):
        raise AiHidden()
    header = _header(row)
    archive = open_published(row.series)
    position = archive.position(row.sop_instance_uid)
    if position is None:
        raise NotVisible()
    pages = 0
    if row.sop_class_uid == PDF:
        pages = count_pages(archive=archive, sop_instance_uid=row.sop_instance_uid)
    places = _places(case_id, set(header.referenced))
    return OpenedDocument(
        listed=_describe(row, header, places=places, is_own=bool(_claimed(case_id, [row]))),
        document=archive.metadata()[position],
        pages=pages,
        places=places,
    )


def open_document_page(
    *, actor: Actor, case_id: UUID, instance_id: UUID, page: int, width: int
) -> Page:
    """One page of a PDF as a picture; for a de-identified viewer, of one that was cleared.

    Raises
    ------
    NotVisible
        Not this actor's case, withheld, or no PDF.
    InvalidInput
        ``page_width``: not one of the widths that are drawn.
    UnreadableObject
        It cannot be drawn, or has no such page.
    """
    if width not in WIDTHS:
        raise InvalidInput("Pages are drawn in other widths.", code="page_width")
    projection = projection_for(require_standing(actor=actor, case_id=case_id))
    rows = _instances(case_id).filter(pk=instance_id, sop_class_uid=PDF)
    if projection is not None:
        cleared = only_cleared_documents(Series.objects.all())
        rows = rows.filter(series__in=cleared.values("pk"))
    row = rows.first()
    if row is None or page < 1:
        raise NotVisible()
    return open_page(
        archive=open_published(row.series),
        sop_instance_uid=row.sop_instance_uid,
        page=page,
        width=width,
    )


def _without_hidden(rows: Sequence[Instance], *, actor: Actor, case_id: UUID) -> list[Instance]:
    studies = {row.study_id for row in rows}
    hidden = hidden_objects(actor=actor, case_id=case_id, study_ids=studies)
    return [row for row in rows if row.sop_instance_uid not in hidden]


def _instances(case_id: UUID) -> Any:
    return (
        Instance.objects.filter(
            DOCUMENTS,
            study__case_studies__case_id=case_id,
            study__ready_at__isnull=False,
        )
        .exclude(series__archive_key="")
        .select_related("series", "series__study")
        .order_by("-study__study_date", "series__number", "index", "pk")
    )


def _withheld(row: Instance, projection: Projection, is_cleared: bool) -> DocumentInCase:
    return DocumentInCase(
        row=row,
        header=None,
        problems=(),
        references=0,
        missing=0,
        is_own=False,
        is_cleared=is_cleared,
        projection=projection,
    )


def _evicted(row: Instance, *, is_own: bool) -> DocumentInCase:
    """Its files are not here: it keeps its line, which says so."""
    return DocumentInCase(
        row=row,
        header=None,
        problems=(Problem.of("evicted"),),
        references=0,
        missing=0,
        is_own=is_own,
        is_cleared=False,
        projection=None,
    )


def _describe(
    row: Instance, header: DocumentHeader, *, places: dict[str, Series], is_own: bool
) -> DocumentInCase:
    named = set(header.referenced)
    missing = len(named - places.keys())
    problems = list(header.problems)
    if missing:
        problems.append(Problem.of("images_missing", total=len(named), missing=missing))
    if kind_of(row.sop_class_uid) == SeriesKind.DOCUMENT:
        problems.append(Problem.of("kind_not_shown", name=header.sop_class_name))
    return DocumentInCase(
        row=row,
        header=header,
        problems=tuple(problems),
        references=len(named),
        missing=missing,
        is_own=is_own,
        is_cleared=False,
        projection=None,
    )


def _newness(one: DocumentInCase) -> tuple[str, str, str]:
    if one.header is None:
        day = one.row.series.study.study_date
        return day.strftime("%Y%m%d") if day else "", "", ""
    return one.header.date, one.header.time, one.header.title


def _places(case_id: UUID, named: set[str]) -> dict[str, Series]:
    """The image series of the case that hold what is named."""
    rows = Instance.objects.filter(
        sop_instance_uid__in=named,
        study__case_studies__case_id=case_id,
        study__ready_at__isnull=False,
    ).select_related("series", "series__study")
    return {row.sop_instance_uid: row.series for row in rows}


def _claimed(case_id: UUID, rows: Iterable[Instance]) -> set[str]:
    reports = [row.sop_instance_uid for row in rows if kind_of(row.sop_class_uid) == SeriesKind.SR]
    claimed: set[str] = set()
    for _, provider in report_owners.items():
        if reports:
            claimed |= provider(case_id=case_id, sop_instance_uids=reports)
    return claimed


def _header_if_here(row: Instance) -> DocumentHeader | None:
    """Without it the series was evicted; that it was asked for brings it back."""
    try:
        return _header(row)
    except SeriesEvicted:
        return None


def _header(row: Instance) -> DocumentHeader:
    try:
        return _headers(row.series.archive_key)[row.sop_instance_uid]
    except FileNotFoundError:
        raise explain_absence(row.series.archive_key) from None


# Archive keys name immutable content: what was computed from them stays true.


@lru_cache(maxsize=128)
def _headers(archive_key: str) -> dict[str, DocumentHeader]:
    found: Sequence[DocumentHeader] = [
        read_header(document, kind=kind_of(text_of(document, "00080016", limit=64)))
        for document in open_series(archive_key).metadata()
    ]
    return {header.sop_instance_uid: header for header in found}


@lru_cache(maxsize=16)
def _image_headers(archive_key: str) -> dict[str, Document]:
    return {
        str(document["00080018"]["Value"][0]): document
        for document in open_series(archive_key).metadata()
    }
