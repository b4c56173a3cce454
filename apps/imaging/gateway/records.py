"""QIDO answers for studies, series and instances of a case (PS3.18 tables 10.6.3-3…5)."""

from collections import Counter
from typing import Any

from apps.imaging.gateway.access import CaseRoot
from apps.imaging.gateway.query import Record, element
from apps.imaging.models import Instance, Series, Study


def study_records(root: CaseRoot, studies: list[Study]) -> list[Record]:
    series = root.series_of(studies)
    counted: Counter[Any] = Counter(one.study_id for one in series)
    instances: Counter[Any] = Counter()
    modalities: dict[Any, set[str]] = {}
    for one in series:
        instances[one.study_id] += one.instance_count
        modalities.setdefault(one.study_id, set()).add(one.modality)
    return [
        study_record(root, one)
        | {
            "00080061": element("CS", *sorted(modalities.get(one.pk, set()))),
            "00201206": element("IS", counted[one.pk]),
            "00201208": element("IS", instances[one.pk]),
        }
        for one in studies
    ]


def study_record(root: CaseRoot, study: Study) -> Record:
    """Study and patient level; in a de-identified view the mapped and shifted ones."""
    projection = root.projection
    day, birth = study.study_date, study.patient_birth_date
    if projection is not None:
        day = projection.shift(day) if day else None
    shown = projection is None
    return {
        "00080005": element("CS", "ISO_IR 192"),
        "00080020": element("DA", day and day.strftime("%Y%m%d")),
        "00080030": element("TM", study.study_time),
        "00080050": element("SH", study.accession_number if shown else ""),
        "00080056": element("CS", "ONLINE"),
        "00081030": element("LO", study.description if shown else ""),
        "00081190": element("UR", root.study_url(study)),
        "00100010": element("PN", study.patient_name if shown else "De-identified"),
        "00100020": element(
            "LO", study.patient_id if projection is None else projection.patient_id
        ),
        "00100030": element("DA", birth.strftime("%Y%m%d") if birth and shown else ""),
        "00100040": element("CS", study.patient_sex),
        "0020000D": element("UI", root.uid(study.study_instance_uid)),
        "00200010": element("SH"),
    }


def series_record(root: CaseRoot, series: Series) -> Record:
    return study_record(root, series.study) | {
        "00080060": element("CS", series.modality),
        "0008103E": element("LO", series.description if root.projection is None else ""),
        "00081190": element("UR", root.series_url(series)),
        "0020000E": element("UI", root.uid(series.series_instance_uid)),
        "00200011": element("IS", series.number),
        "00201209": element("IS", series.instance_count),
    }


def instance_record(root: CaseRoot, instance: Instance) -> Record:
    series = instance.series
    return series_record(root, series) | {
        "00080016": element("UI", instance.sop_class_uid),
        "00080018": element("UI", root.uid(instance.sop_instance_uid)),
        "00081190": element("UR", root.instance_url(series, instance.sop_instance_uid)),
        "00200013": element("IS", instance.instance_number),
        "00280008": element("IS", instance.frames or None),
        "00280010": element("US", instance.rows),
        "00280011": element("US", instance.columns),
    }
