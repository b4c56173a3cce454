"""Who asks, in which guise, for what: every gateway view starts here."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from apps.audit.services import record_entry
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.archive import SeriesArchive
from apps.imaging.exceptions import Withheld
from apps.imaging.models import CaseStudy, Instance, Series, Study
from apps.imaging.parser.metadata import BULK_MARK
from apps.imaging.projection import Projection
from apps.imaging.selectors import find_case_study, open_published, projection_for

AUDIT_EVERY_S = 300.0
REMEMBERED = 10_000
_told: dict[tuple[Any, ...], float] = {}


@dataclass
class CaseRoot:
    """One case's DICOMweb root as one actor may use it."""

    actor: Actor
    case_id: UUID
    base_url: str

    @cached_property
    def projection(self) -> Projection | None:
        return projection_for(require_standing(actor=self.actor, case_id=self.case_id))

    def uid(self, original: str) -> str:
        return self.projection.uid(original) if self.projection else original

    def studies(self) -> list[Study]:
        links = CaseStudy.objects.filter(case_id=self.case_id, study__ready_at__isnull=False)
        return [one.study for one in links.select_related("study").order_by("-study__study_date")]

    def study(self, study_uid: str) -> Study:
        link = find_case_study(actor=self.actor, case_id=self.case_id, study_instance_uid=study_uid)
        if link.study.ready_at is None:
            raise NotVisible()
        return link.study

    def series_of(self, studies: Iterable[Study]) -> list[Series]:
        """Published series, without those that cannot be projected."""
        rows = Series.objects.filter(study__in=list(studies)).exclude(archive_key="")
        if self.projection:
            rows = rows.filter(deidentifiable=True)
        return list(rows.select_related("study").order_by("study_id", "number", "pk"))

    def series(self, study_uid: str, series_uid: str) -> Series:
        for one in self.series_of([self.study(study_uid)]):
            if self.uid(one.series_instance_uid) == series_uid:
                return one
        raise NotVisible()

    def instance_uid(self, archive: SeriesArchive, shown_uid: str) -> str:
        """The original SOP Instance UID of what the viewer asks for."""
        known = [one["sop_instance_uid"] for one in archive.instances]
        original = (
            self.projection.original_uid(shown_uid, known)
            if self.projection
            else (shown_uid if shown_uid in set(known) else None)
        )
        if original is None:
            raise NotVisible()
        return original

    def require_identified(self) -> None:
        """Original files name the patient in every header."""
        if self.projection is not None:
            raise Withheld("Original files are not available in de-identified view.")

    def metadata(self, series: Series) -> list[dict[str, Any]]:
        """Full DICOM JSON, or the projected viewer profile."""
        archive = open_published(series)
        if self.projection is not None:
            return [self.projection.project(one) for one in archive.viewer_profile()]
        documents = archive.metadata()
        for document in documents:
            self._link_bulk(series, document)
        return documents

    def _link_bulk(self, series: Series, document: dict[str, Any]) -> None:
        """Bulk values of the top level get an address; nested ones are left out."""
        sop_uid = str(document["00080018"]["Value"][0])
        for tag, element in list(document.items()):
            if "BulkDataURI" in element:
                element["BulkDataURI"] = f"{self.instance_url(series, sop_uid)}/bulkdata/{tag}"
            elif element.get("vr") == "SQ" and BULK_MARK.encode() in orjson.dumps(element):
                _drop_bulk(element)

    def study_url(self, study: Study) -> str:
        return f"{self.base_url}/studies/{self.uid(study.study_instance_uid)}"

    def series_url(self, series: Series) -> str:
        return f"{self.study_url(series.study)}/series/{self.uid(series.series_instance_uid)}"

    def instance_url(self, series: Series, sop_instance_uid: str) -> str:
        return f"{self.series_url(series)}/instances/{self.uid(sop_instance_uid)}"

    def note_access(self, study: Study) -> None:
        """One audit entry per person, case and study in five minutes, not one per frame."""
        key = (self.actor.id, self.case_id, study.pk)
        now = time.monotonic()
        if now - _told.get(key, float("-inf")) < AUDIT_EVERY_S:
            return
        if len(_told) > REMEMBERED:
            _told.clear()
        _told[key] = now
        record_entry(
            actor=self.actor,
            action="images.accessed",
            case_id=self.case_id,
            entity="study",
            entity_id=study.pk,
            details={
                "by": "dicomweb",
                "guise": "deidentified" if self.projection else "identified",
            },
        )


def _drop_bulk(element: dict[str, Any]) -> None:
    for item in element.get("Value") or []:
        for tag, inner in list(item.items()):
            if "BulkDataURI" in inner:
                del item[tag]
            elif inner.get("vr") == "SQ":
                _drop_bulk(inner)


def instances_of(series: Iterable[Series]) -> list[Instance]:
    rows = Instance.objects.filter(series__in=list(series)).select_related(
        "series", "series__study"
    )
    return list(rows.order_by("series__number", "series_id", "index"))
