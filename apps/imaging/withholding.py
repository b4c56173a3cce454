"""Which series a de-identified viewer gets, and why not the others.

A series is *open* when its headers prove that projection is enough (``parser.kinds``), or when
a person has looked at exactly this content and cleared it. Everything else is withheld, and
said to be.
"""

from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.imaging.choices import SeriesKind
from apps.imaging.models import PictureClearance, Series


class Disclosure(StrEnum):
    """How a series stands towards de-identified viewers."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHHELD = "withheld"


def clearances_in_force() -> "QuerySet[PictureClearance]":
    return PictureClearance.objects.filter(revoked_at__isnull=True)


def with_disclosure(rows: "QuerySet[Series]") -> "QuerySet[Series]":
    """Series annotated with ``is_cleared``: somebody cleared the content they have now."""
    return rows.annotate(is_cleared=_is_cleared())


def only_open(rows: "QuerySet[Series]") -> "QuerySet[Series]":
    """Those that a de-identified viewer may have."""
    return rows.filter(Q(deidentifiable=True) | Q(_is_cleared(), kind=SeriesKind.IMAGE))


def only_cleared_documents(rows: "QuerySet[Series]") -> "QuerySet[Series]":
    """Documents that a de-identified viewer may have as drawn pages, and as nothing else."""
    return rows.filter(_is_cleared(), kind=SeriesKind.PDF)


def _is_cleared() -> Exists:
    return Exists(
        clearances_in_force().filter(
            series_id=OuterRef("pk"), content_sha256=OuterRef("content_sha256")
        )
    )


def disclosure_of(series: Series) -> Disclosure:
    """For rows from ``with_disclosure``."""
    if series.deidentifiable:
        return Disclosure.OPEN
    return Disclosure.CLEARED if getattr(series, "is_cleared", False) else Disclosure.WITHHELD


def is_clearable(series: Series) -> bool:
    """Pictures, or drawn pages, that a person can look at whole. Text stays withheld."""
    if not series.archive_key or series.deidentifiable:
        return False
    return series.kind == SeriesKind.PDF or (
        series.kind == SeriesKind.IMAGE and series.frame_count > 0
    )


def cleared_archive_keys() -> frozenset[str]:
    """Archive keys whose content is cleared now; the pixel path asks each second."""
    rows = Series.objects.filter(_is_cleared(), kind=SeriesKind.IMAGE).exclude(archive_key="")
    return frozenset(rows.values_list("archive_key", flat=True))
