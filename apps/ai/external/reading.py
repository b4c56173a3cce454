"""What one object holds: statements with their places, or why it holds none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from apps.ai.choices import ExternalOutcome, VerifiedElsewhere
from apps.ai.conf import EXTERNAL_MAX_FINDINGS
from apps.ai.external.cad_reports import read_cad_statements
from apps.ai.external.makers import Maker, clean_name, maker_of_equipment, read_authors
from apps.ai.external.maps import read_map_statement
from apps.ai.external.outline_places import place_map, place_statement
from apps.ai.external.places import Place, StudyImages
from apps.ai.external.refusals import Refused, Remark
from apps.ai.external.reports import is_measurement_report, read_report_statements
from apps.ai.external.segment_places import place_segment
from apps.ai.external.segments import read_segment_statements
from apps.ai.external.statements import NOT_CODED, Statement, read_uid
from apps.cases.identity import find_mismatches
from apps.imaging.dicom_json import Document, items_of
from apps.imaging.documents.reports import CONTENT
from apps.imaging.documents.values import text_of
from apps.imaging.identity import identity_of_object, identity_of_study
from apps.imaging.machine_made import CAD_CLASSES, SEGMENTATION_CLASSES
from apps.imaging.models import Instance, Study
from apps.imaging.selectors import open_published

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
IDENTITY = {
    "patient_id": "00100020",
    "issuer_of_patient_id": "00100021",
    "patient_name": "00100010",
    "patient_birth_date": "00100030",
    "patient_sex": "00100040",
}


@dataclass(frozen=True, slots=True)
class Verification:
    state: VerifiedElsewhere = VerifiedElsewhere.NOT_SAID
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing an object states, where it lies, and which objects say so."""

    statement: Statement
    maker: Maker
    place: Place
    pixels_uid: str = ""
    segment: int | None = None
    report_uid: str = ""
    awaits_segment: bool = False
    """Its segment is not here: its pixels are added when they come."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one object holds. ``maker`` is said where there are no results."""

    outcome: ExternalOutcome
    maker: Maker
    results: tuple[Result, ...] = ()
    verification: Verification = Verification()
    predecessors: frozenset[str] = frozenset()
    reason_code: str = ""
    reason_message: str = ""

    @classmethod
    def refused(cls, refusal: Refused, maker: Maker) -> "Reading":
        return cls(
            ExternalOutcome.REFUSED,
            maker,
            reason_code=refusal.code,
            reason_message=refusal.message,
        )


def document_of(row: Instance) -> Document:
    """The archived DICOM JSON of one object.

    Raises
    ------
    SeriesEvicted, NotVisible
        It is not in the archive (now).
    """
    archive = open_published(row.series)
    position = archive.position(row.sop_instance_uid)
    return archive.metadata()[position] if position is not None else {}


def read_object(row: Instance, *, images: StudyImages) -> Reading:
    """Read one SEG, SR or map of the study whose images are given.

    Raises
    ------
    SeriesEvicted
        Files that it takes are not here now.
    """
    document = document_of(row)
    maker = maker_of_equipment(document)
    try:
        reading = _read(row, document, images, maker)
        if reading.outcome in {ExternalOutcome.TAKEN, ExternalOutcome.EMPTY}:
            _check_patient(document, images.study)
    except Refused as refusal:
        return Reading.refused(refusal, maker)
    return reading


def _read(row: Instance, document: Document, images: StudyImages, maker: Maker) -> Reading:
    if row.sop_class_uid in CAD_CLASSES:
        return _read_cad_report(row, document, images, maker)
    if row.sop_class_uid in SEGMENTATION_CLASSES:
        return _read_segmentation(row, document, images, maker)
    if row.sop_class_uid == PARAMETRIC_MAP:
        return _read_map(document, images, maker)
    return _read_report(row, document, images, maker)


def _check_patient(document: Document, study: Study) -> None:
    said = identity_of_object({name: text_of(document, tag) for name, tag in IDENTITY.items()})
    fields = find_mismatches(expected=identity_of_study(study), found=said)
    if fields:
        raise Refused("patient_mismatch", fields=", ".join(fields))


def _limit(statements: Sequence[object]) -> None:
    if len(statements) > EXTERNAL_MAX_FINDINGS:
        raise Refused("too_many_findings", count=len(statements), most=EXTERNAL_MAX_FINDINGS)


def _outcome(results: Sequence[Result]) -> ExternalOutcome:
    return ExternalOutcome.TAKEN if results else ExternalOutcome.EMPTY


# --- segmentations -------------------------------------------------------------------------


def _read_segmentation(
    row: Instance, document: Document, images: StudyImages, maker: Maker
) -> Reading:
    stated = read_segment_statements(document)
    if not stated:
        raise Refused("malformed", reason="it names no segments")
    made = [one for one in stated if one.maker is not None]
    if not made:
        return Reading(ExternalOutcome.NOT_AI, maker)
    _limit(made)
    _check_patient(document, images.study)
    results = []
    for statement in made:
        place = place_segment(row, statement.number, images)
        if place is not None and statement.maker is not None:
            results.append(
                Result(
                    statement=statement,
                    maker=statement.maker,
                    place=place,
                    pixels_uid=row.sop_instance_uid,
                    segment=statement.number,
                )
            )
    first = made[0].maker or maker
    return Reading(_outcome(results), first, tuple(results))


# --- maps ----------------------------------------------------------------------------------


def _read_map(document: Document, images: StudyImages, maker: Maker) -> Reading:
    statement = read_map_statement(document)
    if statement is None:
        return Reading(ExternalOutcome.NOT_AI, maker)
    result = Result(
        statement=statement,
        maker=maker,
        place=place_map(document, statement, images),
        pixels_uid=text_of(document, "00080018", limit=64),
    )
    return Reading(ExternalOutcome.TAKEN, maker, (result,))


# --- reports -------------------------------------------------------------------------------


def _read_report(row: Instance, document: Document, images: StudyImages, maker: Maker) -> Reading:
    statements = read_report_statements(document)
    if not statements:
        is_empty = is_measurement_report(document) and _head_of(document) is not None
        outcome = ExternalOutcome.EMPTY if is_empty else ExternalOutcome.NOT_AI
        return Reading(outcome, _head_of(document) or maker, verification=_verification(document))
    segments = _Segments({uid for one in statements for uid, _ in one.segments}, images)
    mine = [(one, by) for one in statements if (by := _maker_of(one, segments)) is not None]
    if not mine:
        return Reading(ExternalOutcome.NOT_AI, maker)
    _limit(mine)
    _check_patient(document, images.study)
    place = partial(_place_group, segments=segments, images=images, own_uid=row.sop_instance_uid)
    results = tuple(place(one, by) for one, by in mine)
    return Reading(
        ExternalOutcome.TAKEN,
        mine[0][1],
        results,
        verification=_verification(document),
        predecessors=frozenset(predecessors_of(document)),
    )


def _read_cad_report(
    row: Instance, document: Document, images: StudyImages, maker: Maker
) -> Reading:
    """Computer-aided detection by its kind: an algorithm made all of it."""
    statements = read_cad_statements(document)
    head = _head_of(document) or maker
    if not statements:
        return Reading(ExternalOutcome.EMPTY, head, verification=_verification(document))
    _limit(statements)
    _check_patient(document, images.study)
    uid = row.sop_instance_uid
    results = tuple(
        Result(
            statement=one,
            maker=one.maker or head,
            place=place_statement(one, images, own_uid=uid),
            report_uid=uid,
        )
        for one in statements
    )
    return Reading(
        ExternalOutcome.TAKEN,
        results[0].maker,
        results,
        verification=_verification(document),
        predecessors=frozenset(predecessors_of(document)),
    )


def _head_of(document: Document) -> Maker | None:
    """The algorithm or device that a report without groups comes from."""
    authors = read_authors(document, CONTENT)
    return (authors.algorithm or authors.device) if authors.is_machine else None


def predecessors_of(document: Document) -> list[str]:
    """SOP Instance UIDs of the reports this one takes the place of (PS3.3 C.17.2)."""
    return [
        uid
        for study in items_of(document, "0040A360")
        for series in items_of(study, "00081115")
        for one in items_of(series, "00081199")
        if (uid := read_uid(text_of(one, "00081155", limit=64)))
    ]


def _verification(document: Document) -> Verification:
    if text_of(document, "0040A493", limit=16).upper() != "VERIFIED":
        return Verification(VerifiedElsewhere.UNVERIFIED)
    observers = items_of(document, "0040A073")
    names = [clean_name(text_of(one, "0040A075")) for one in observers]
    houses = [clean_name(text_of(one, "0040A027")) for one in observers]
    said = [
        f"{name} ({house})" if house else name
        for name, house in zip(names, houses, strict=True)
        if name
    ]
    at = text_of(observers[0], "0040A030", limit=26) if observers else ""
    return Verification(VerifiedElsewhere.VERIFIED, "; ".join(said)[:200], at)


class _Segments:
    """The segmentations of the study that a report speaks of."""

    def __init__(self, uids: set[str], images: StudyImages) -> None:
        rows = Instance.objects.filter(
            study=images.study, sop_instance_uid__in=uids, sop_class_uid__in=SEGMENTATION_CLASSES
        ).select_related("series", "series__study")
        self.rows = {row.sop_instance_uid: row for row in rows if row.series.archive_key}
        self.stated = {
            (uid, one.number): one
            for uid, row in self.rows.items()
            for one in read_segment_statements(document_of(row))
        }

    def of(self, statement: Statement) -> Statement | None:
        found = (self.stated.get(key) for key in statement.segments)
        return next((one for one in found if one is not None), None)


def _maker_of(statement: Statement, segments: _Segments) -> Maker | None:
    """Who made it: by the group, or by the segment that a person measured."""
    if statement.maker is not None:
        return statement.maker
    segment = segments.of(statement)
    return segment.maker if segment is not None else None


def _place_group(
    statement: Statement,
    maker: Maker,
    *,
    segments: _Segments,
    images: StudyImages,
    own_uid: str,
) -> Result:
    segment = segments.of(statement)
    told = _told_by_both(statement, segment)
    if segment is not None:
        uid, number = segment.segments[0]
        place = place_segment(segments.rows[uid], number, images)
        if place is not None:
            return Result(told, maker, place, uid, number, own_uid)
    place = place_statement(told, images, own_uid=own_uid)
    if not statement.segments:
        return Result(told, maker, place, report_uid=own_uid)
    uid, number = statement.segments[0]
    lacking = Remark.of("segment_not_here")
    kept = tuple(one for one in place.remarks if one.code != "no_place")
    place = replace(place, remarks=(*kept, lacking))
    return Result(told, maker, place, uid, number, own_uid, awaits_segment=segment is None)


def _told_by_both(statement: Statement, segment: Statement | None) -> Statement:
    """The group's words, and the segment's for what the group does not say."""
    if segment is None:
        return statement
    remarks = [*statement.remarks]
    if statement.maker is None:
        remarks.append(Remark.of("measured_by_person"))
    elif segment.maker is None:
        remarks.append(Remark.of("drawn_by_person"))
    is_coded = statement.code != NOT_CODED
    code = statement.code if is_coded else segment.code
    return replace(
        statement,
        label=statement.label if is_coded else segment.label,
        code=code,
        category=segment.category if statement.category == NOT_CODED else statement.category,
        site=statement.site or segment.site,
        laterality=statement.laterality or segment.laterality,
        tracking_uid=statement.tracking_uid or segment.tracking_uid,
        remarks=tuple(o for o in remarks if o.code != "not_coded" or code == NOT_CODED),
    )
