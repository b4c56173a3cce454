"""What the archive holds against what the PACS lists; kept per object, told per series.

Nothing here touches archived bytes: a correction, a merge or a deletion in the PACS becomes a
named warning beside the images that were measured, and makes them unfit for eviction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils import timezone

from apps.core.exceptions import DomainError
from apps.imaging.choices import SourceState
from apps.imaging.exceptions import (
    AddressNotAllowed,
    PacsAnswerBroken,
    PacsError,
    PacsRefused,
)
from apps.imaging.models import (
    Instance,
    PacsConnection,
    Series,
    SeriesOrigin,
    SourceReport,
    Study,
)
from apps.imaging.pacs import QidoStudy

Warnings = list[dict[str, str]]
Listing = Mapping[str, Iterable[str]]
"""Series Instance UID -> SOP Instance UIDs, as the PACS lists them now."""

NO_ANSWER_OF_THE_PACS = frozenset({"pacs_inactive", "pacs_circuit_open"})
SERIES_WORDS = {
    SourceState.CHANGED: (
        "changed_at_source",
        "{n} object(s) in the PACS differ from those archived here; the archived ones are shown.",
    ),
    SourceState.GONE: (
        "deleted_at_source",
        "{n} object(s) are no longer in the PACS; what was archived is still shown.",
    ),
    SourceState.REPLACED: (
        "replaced_at_source",
        "{n} object(s) were fetched again with other content than before: measurements and "
        "findings may have been made on the former ones.",
    ),
    SourceState.ELSEWHERE: (
        "fetched_elsewhere",
        "{n} object(s) came from another PACS while the study's own could not be reached; it has "
        "not listed them since.",
    ),
}
DELETED_SERIES_WORDS = {
    "series_deleted_at_source": ("The PACS no longer has this series; what was archived is shown."),
    "series_lost": "The PACS no longer has this series, and it had been evicted here.",
}
STUDY_WORDS = {
    "study_deleted_at_source": "The PACS no longer has this study; what was archived is shown.",
    "study_merged_at_source": (
        "The PACS keeps these images under another study now; what was archived is shown."
    ),
    "patient_changed_at_source": (
        "The PACS names another patient for this study than when it was archived: check whose "
        "images these are."
    ),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing a listing with the archive found."""

    has_new: bool
    has_changes: bool


def study_warnings(codes: Iterable[str]) -> Warnings:
    return [{"code": code, "message": STUDY_WORDS[code]} for code in codes]


def compare_listing(*, study: Study, listing: Listing) -> Comparison:
    """Note for each archived object whether the PACS lists it. In the caller's transaction."""
    listed = {uid: set(uids) for uid, uids in listing.items()}
    archived: dict[str, set[str]] = {}
    gone, back, changed_series = [], [], set()
    rows = Instance.objects.filter(study=study).values_list(
        "pk", "series_id", "series__series_instance_uid", "sop_instance_uid", "source_state"
    )
    for pk, series_id, series_uid, sop_uid, state in rows:
        archived.setdefault(series_uid, set()).add(sop_uid)
        is_listed = sop_uid in listed.get(series_uid, ())
        if state in (SourceState.HELD, SourceState.REPLACED) and not is_listed:
            gone.append(pk)
            changed_series.add(series_id)
        elif state in (SourceState.GONE, SourceState.ELSEWHERE) and is_listed:
            back.append(pk)
            changed_series.add(series_id)
    Instance.objects.filter(pk__in=gone).update(source_state=SourceState.GONE)
    Instance.objects.filter(pk__in=back).update(source_state=SourceState.HELD)
    for series_id in changed_series:
        refresh_series_warnings(series_id=series_id)
    has_new = any(uids - archived.get(uid, set()) for uid, uids in listed.items())
    return Comparison(has_new=has_new, has_changes=bool(changed_series))


def note_counts(*, study: Study, pacs_id: UUID, found: QidoStudy) -> None:
    """What a query's answer says of the size of a study, by the PACS it is linked through."""
    report, _ = SourceReport.objects.get_or_create(study=study, defaults={"pacs_id": pacs_id})
    if report.pacs_id != pacs_id:
        report.pacs_id, report.listing = pacs_id, {}
    report.series_count = _count(found.series_count)
    report.instance_count = _count(found.instance_count)
    report.save()


def note_listing(*, study: Study, pacs_id: UUID, listing: Listing) -> None:
    """The same, object by object. An empty listing: the PACS says that it has no such study."""
    told = {uid: sorted(uids) for uid, uids in listing.items()}
    SourceReport.objects.update_or_create(
        study=study,
        defaults={
            "pacs_id": pacs_id,
            "series_count": len(told),
            "instance_count": sum(map(len, told.values())),
            "listing": told,
        },
    )


def note_origin(*, series_id: UUID, pacs_id: UUID, objects: int, is_whole: bool) -> None:
    """So many of a series' objects came from a PACS; all of them when it came as a whole."""
    if is_whole:
        SeriesOrigin.objects.filter(series_id=series_id).delete()
    origin, _ = SeriesOrigin.objects.get_or_create(series_id=series_id, pacs_id=pacs_id)
    SeriesOrigin.objects.filter(pk=origin.pk).update(objects_fetched=F("objects_fetched") + objects)


def _count(raw: int | None) -> int | None:
    """A PACS's number, where it can be one."""
    return raw if raw is not None and 0 <= raw < 2**31 else None


def mark_changed(*, study: Study, sop_instance_uids: Iterable[str]) -> bool:
    """The PACS holds other content under these UIDs. Stays so: a person has to look."""
    rows = Instance.objects.filter(study=study, sop_instance_uid__in=list(sop_instance_uids))
    affected = list(rows.exclude(source_state=SourceState.CHANGED).values_list("pk", "series_id"))
    Instance.objects.filter(pk__in=[pk for pk, _ in affected]).update(
        source_state=SourceState.CHANGED
    )
    for series_id in {series_id for _, series_id in affected}:
        refresh_series_warnings(series_id=series_id)
    return bool(affected)


def refresh_series_warnings(*, series_id: UUID) -> None:
    """Words for the states of a series' objects."""
    counts = Counter(
        Instance.objects.filter(series_id=series_id).values_list("source_state", flat=True)
    )
    warnings = [
        {"code": code, "message": words.format(n=counts[state])}
        for state, (code, words) in SERIES_WORDS.items()
        if counts[state]
    ]
    series = Series.objects.filter(pk=series_id)
    if counts[SourceState.GONE] and counts[SourceState.GONE] == counts.total():
        is_lost = series.filter(evicted_at__isnull=False).exists()
        code = "series_lost" if is_lost else "series_deleted_at_source"
        warnings = [{"code": code, "message": DELETED_SERIES_WORDS[code]}]
    series.update(source_warnings=warnings)


def count_images(*, study: Study, listing: Listing | None = None) -> None:
    """``done`` of ``total``: what can be shown of what is archived or listed. Not saved."""
    held = Series.objects.filter(study=study, evicted_at__isnull=True).exclude(archive_key="")
    study.done_instances = held.aggregate(n=Sum("instance_count"))["n"] or 0
    known = set(Instance.objects.filter(study=study).values_list("sop_instance_uid", flat=True))
    for uids in (listing or {}).values():
        known.update(uids)
    study.total_instances = len(known)


def note_reached(*, pacs_id: UUID, error: DomainError | None) -> None:
    """Since when a PACS answers nobody, and what it last did wrong, for the admin page.

    One write when that changes, none otherwise.
    """
    rows = PacsConnection.objects.filter(pk=pacs_id)
    if error is None:
        known = Q(unreachable_since__isnull=False) | ~Q(last_error="")
        rows.filter(known).update(unreachable_since=None, last_error="", last_error_at=None)
        return
    told = isinstance(error, PacsError | PacsRefused | PacsAnswerBroken | AddressNotAllowed)
    if not told or error.error_code in NO_ANSWER_OF_THE_PACS:
        return
    now, words = timezone.now(), error.message[:300]
    if isinstance(error, PacsError):
        rows.filter(unreachable_since__isnull=True).update(unreachable_since=now)
    rows.exclude(last_error=words).update(last_error=words, last_error_at=now)
