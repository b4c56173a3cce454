"""QIDO answers for studies, series and instances of a case (PS3.18 tables 10.6.3-3…5)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydicom.datadict import tag_for_keyword

from apps.imaging.gateway.access import CaseRoot
from apps.imaging.gateway.holdings import HeldInstance, Holding, load_instances
from apps.imaging.gateway.negotiation import EXPLICIT_LE
from apps.imaging.gateway.query import Query, Record, element
from apps.imaging.models import Study
from apps.imaging.projection.values import SEXES, clean_time, standard_or_nothing
from apps.imaging.projection.vocabulary import clean_description, clean_term


def _tags(words: str) -> frozenset[str]:
    return frozenset(f"{tag_for_keyword(word) or 0:08X}" for word in words.split())


STUDY_TAGS = _tags(
    "StudyDate StudyTime AccessionNumber InstanceAvailability ModalitiesInStudy StudyDescription "
    "ReferringPhysicianName TimezoneOffsetFromUTC PatientName PatientID PatientBirthDate "
    "PatientSex StudyInstanceUID StudyID NumberOfStudyRelatedSeries "
    "NumberOfStudyRelatedInstances"
)
STUDY_EXTRAS = _tags(
    "IssuerOfPatientID PatientAge PatientSize PatientWeight PatientComments "
    "AdditionalPatientHistory AdmittingDiagnosesDescription ProcedureCodeSequence "
    "NameOfPhysiciansReadingStudy"
)
SERIES_TAGS = _tags(
    "Modality SeriesDescription SeriesInstanceUID SeriesNumber NumberOfSeriesRelatedInstances "
    "SeriesDate SeriesTime BodyPartExamined Laterality PerformedProcedureStepStartDate "
    "PerformedProcedureStepStartTime RequestAttributesSequence"
)
SERIES_EXTRAS = _tags(
    "Manufacturer ManufacturerModelName StationName InstitutionName PerformingPhysicianName "
    "OperatorsName ProtocolName PatientPosition FrameOfReferenceUID PerformedProcedureStepID "
    "PerformedProcedureStepDescription"
)
INSTANCE_TAGS = _tags(
    "SOPClassUID SOPInstanceUID InstanceNumber NumberOfFrames Rows Columns "
    "AvailableTransferSyntaxUID"
)
FROM_STUDY_HEADER = _tags("ReferringPhysicianName TimezoneOffsetFromUTC StudyID")
FROM_SERIES_HEADER = _tags(
    "SeriesDate SeriesTime BodyPartExamined Laterality PerformedProcedureStepStartDate "
    "PerformedProcedureStepStartTime RequestAttributesSequence"
)
MATCHABLE = {
    "studies": STUDY_TAGS,
    "series": STUDY_TAGS | SERIES_TAGS,
    "instances": STUDY_TAGS | SERIES_TAGS | INSTANCE_TAGS,
}


def study_records(root: CaseRoot, studies: list[Study], query: Query) -> list[Record]:
    by_study = _by_study(root.holdings(studies))
    return [_study(root, one, by_study.get(one.pk, []), query) for one in studies]


def series_records(root: CaseRoot, holdings: Iterable[Holding], query: Query) -> list[Record]:
    known = list(holdings)
    by_study = _by_study(_siblings(root, known))
    return [
        _study(root, one.study, by_study[one.study.pk], query) | _series(root, one, query)
        for one in known
    ]


def instance_records(root: CaseRoot, holdings: Iterable[Holding], query: Query) -> list[Record]:
    known = list(holdings)
    load_instances(known)
    by_study = _by_study(_siblings(root, known))
    found = []
    for one in known:
        above = _study(root, one.study, by_study[one.study.pk], query) | _series(root, one, query)
        details = _instance_details(root, one, query)
        for held in one.instances:
            uid = root.uid(held.sop_instance_uid)
            found.append(above | details.get(uid, {}) | _instance(root, one, held))
    return found


def _siblings(root: CaseRoot, known: list[Holding]) -> list[Holding]:
    """All series of the studies in question: study-level counts do not depend on the filter."""
    return root.holdings({one.study.pk: one.study for one in known}.values())


def _by_study(holdings: Iterable[Holding]) -> dict[Any, list[Holding]]:
    by_study: dict[Any, list[Holding]] = {}
    for one in holdings:
        by_study.setdefault(one.study.pk, []).append(one)
    return by_study


def _study(root: CaseRoot, study: Study, holdings: list[Holding], query: Query) -> Record:
    """Study and patient level; in a de-identified view the mapped and shifted ones."""
    projection = root.projection
    shown = projection is None
    day, birth = study.study_date, study.patient_birth_date
    if projection is not None:
        day = projection.shift(day) if day else None
    counted = Counter(_term(root, one.modality) for one in holdings)
    return {
        "00080090": element("PN"),
        "00200010": element("SH"),
        **_from_header(root, holdings[:1], FROM_STUDY_HEADER, STUDY_EXTRAS, query),
        "00080005": element("CS", "ISO_IR 192"),
        "00080020": element("DA", day and day.strftime("%Y%m%d")),
        "00080030": element("TM", study.study_time if shown else clean_time(study.study_time)),
        "00080050": element("SH", study.accession_number if shown else ""),
        "00080056": element("CS", "ONLINE"),
        "00080061": element("CS", *sorted(counted)),
        "00081030": element("LO", _description(root, study.description)),
        "00081190": element("UR", root.study_url(study)),
        "00100010": element("PN", study.patient_name if shown else "De-identified"),
        "00100020": element(
            "LO", study.patient_id if projection is None else projection.patient_id
        ),
        "00100030": element("DA", birth.strftime("%Y%m%d") if birth and shown else ""),
        "00100040": element("CS", study.patient_sex if shown or study.patient_sex in SEXES else ""),
        "0020000D": element("UI", root.uid(study.study_instance_uid)),
        "00201206": element("IS", len(holdings)),
        "00201208": element("IS", sum(one.instance_count for one in holdings)),
    }


def _series(root: CaseRoot, holding: Holding, query: Query) -> Record:
    return {
        **_from_header(root, [holding], FROM_SERIES_HEADER, SERIES_EXTRAS, query),
        "00080060": element("CS", _term(root, holding.modality)),
        "0008103E": element("LO", _description(root, holding.description)),
        "00081190": element("UR", root.series_url(holding)),
        "0020000E": element("UI", root.uid(holding.uid)),
        "00200011": element("IS", holding.number),
        "00201209": element("IS", holding.instance_count),
    }


def _instance(root: CaseRoot, holding: Holding, held: HeldInstance) -> Record:
    shown = root.projection is None
    return {
        "00080016": element(
            "UI", held.sop_class_uid if shown else standard_or_nothing(held.sop_class_uid)
        ),
        "00080018": element("UI", root.uid(held.sop_instance_uid)),
        "00081190": element("UR", root.instance_url(holding, held.sop_instance_uid)),
        "00083002": element("UI", held.transfer_syntax_uid if shown else EXPLICIT_LE),
        "00200013": element("IS", held.number),
        "00280008": element("IS", held.frames or None),
        "00280010": element("US", held.rows),
        "00280011": element("US", held.columns),
    }


def _term(root: CaseRoot, word: str) -> str:
    return word if root.projection is None else clean_term(word)


def _description(root: CaseRoot, text: str) -> str:
    return text if root.projection is None else clean_description(text)


def _from_header(
    root: CaseRoot,
    holdings: list[Holding],
    always: frozenset[str],
    extras: frozenset[str],
    query: Query,
) -> Record:
    """What the index does not hold, from one header; nothing of it in a de-identified view
    but what the projection lets through."""
    if not holdings:
        return {}
    wanted = always | (extras if query.includes_all else extras & query.include)
    head = holdings[0].head()
    if root.projection is not None:
        head = root.projection.project(head)
    return {tag: head[tag] for tag in wanted & head.keys() if "BulkDataURI" not in head[tag]}


def _instance_details(root: CaseRoot, holding: Holding, query: Query) -> dict[str, Record]:
    known = STUDY_TAGS | SERIES_TAGS | INSTANCE_TAGS
    if not (query.includes_all or query.include - known):
        return {}
    details = {}
    for document in root.metadata(holding):
        uid = str(document["00080018"]["Value"][0])
        details[uid] = {
            tag: value
            for tag, value in document.items()
            if query.includes_all or tag in query.include
        }
    return details
