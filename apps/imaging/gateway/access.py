"""Who asks, in which guise, for what: every gateway view starts here."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from apps.audit.services import record_entry
from apps.cases.embargo import AiHidden, is_ai_hidden
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.ai_objects import ai_made_objects, series_made_of
from apps.imaging.choices import TokenScope
from apps.imaging.derived_objects import DerivedObject, ReviewState, objects_about
from apps.imaging.exceptions import Withheld
from apps.imaging.gateway.holdings import ArchivedHolding, HeldInstance, Holding, offered_holdings
from apps.imaging.gateway.projected import is_servable, projected_documents
from apps.imaging.models import CaseStudy, Instance, Series, Study
from apps.imaging.parser.metadata import BULK_MARK
from apps.imaging.projection import Projection
from apps.imaging.selectors import find_case_study, projection_for
from apps.imaging.withholding import only_open

AUDIT_EVERY_S = 300.0
REMEMBERED = 10_000
FLOAT_PIXELS = {32: ("7FE00008", "OF"), 64: ("7FE00009", "OD")}
PIXEL_TAGS = frozenset({"7FE00008", "7FE00009", "7FE00010"})
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

    @property
    def scope(self) -> str:
        """Tells guises apart in ETags."""
        return self.projection.scope if self.projection else "identified"

    def uid(self, original: str) -> str:
        return self.projection.uid(original) if self.projection else original

    @cached_property
    def is_ai_hidden(self) -> bool:
        """The images are to be read first."""
        return is_ai_hidden(actor=self.actor, case_id=self.case_id)

    # what is there

    def studies(self) -> list[Study]:
        links = CaseStudy.objects.filter(case_id=self.case_id, study__ready_at__isnull=False)
        ordered = links.select_related("study").order_by("-study__study_date", "study_id")
        return [one.study for one in ordered]

    def study(self, study_uid: str) -> Study:
        link = find_case_study(actor=self.actor, case_id=self.case_id, study_instance_uid=study_uid)
        if link.study.ready_at is None:
            raise NotVisible()
        return link.study

    def holdings(self, studies: Iterable[Study]) -> list[Holding]:
        """Published series, without what this actor may not see of them, now or at all."""
        wanted = list(studies)
        veiled = self._veiled(wanted) if self.is_ai_hidden else frozenset()
        return self._holdings(wanted, veiled)

    def _veiled(self, studies: list[Study]) -> frozenset[str]:
        """What AI made, to whole series: their headers speak of all they hold."""
        keys = [one.pk for one in studies]
        objects = ai_made_objects(case_id=self.case_id, study_ids=keys)
        series = series_made_of(objects, study_ids=keys)
        rows = Instance.objects.filter(series__in=series)
        return objects | set(rows.values_list("sop_instance_uid", flat=True))

    def _holdings(self, wanted: list[Study], veiled: frozenset[str]) -> list[Holding]:
        derived = objects_about(case_id=self.case_id, study_ids=[one.pk for one in wanted])
        rows = Series.objects.filter(study__in=wanted).exclude(archive_key="")
        if self.projection:
            rows = only_open(rows)
        withheld = self._withheld(wanted, derived, veiled)
        found: list[Holding] = [
            ArchivedHolding(one, withheld=frozenset(withheld.get(one.pk, ())))
            for one in rows.select_related("study").order_by("study_id", "number", "pk")
        ]
        for study in wanted:
            offered = self._offered(study, derived)
            shown = [one for one in offered if one.sop_instance_uid not in veiled]
            found += offered_holdings(study, shown)
        return [one for one in found if one.instance_count > 0]

    def _withheld(
        self, studies: list[Study], derived: list[DerivedObject], veiled: frozenset[str]
    ) -> dict[UUID, list[str]]:
        """AI objects in the archive that this case has not accepted or not revealed, by series."""
        hidden = {one.sop_instance_uid for one in derived if not self._may_leave(one)} | veiled
        rows = Instance.objects.filter(study__in=studies, sop_instance_uid__in=hidden)
        by_series: dict[UUID, list[str]] = {}
        for series_id, uid in rows.values_list("series_id", "sop_instance_uid") if hidden else ():
            by_series.setdefault(series_id, []).append(uid)
        return by_series

    def _offered(self, study: Study, derived: list[DerivedObject]) -> list[DerivedObject]:
        """Unreviewed AI objects of the study that the archive does not hold, with the scope."""
        mine = [
            one
            for one in derived
            if one.study_id == study.pk
            and one.state == ReviewState.UNREVIEWED
            and self._may_leave(one)
        ]
        uids = [one.sop_instance_uid for one in mine]
        archived = set(
            Instance.objects.filter(study=study, sop_instance_uid__in=uids).values_list(
                "sop_instance_uid", flat=True
            )
            if uids
            else ()
        )
        return [one for one in mine if one.sop_instance_uid not in archived]

    def _may_leave(self, one: DerivedObject) -> bool:
        if one.state == ReviewState.ACCEPTED:
            return True
        may_see = self.actor.is_machine and TokenScope.AI_UNREVIEWED in self.actor.scopes
        return one.state == ReviewState.UNREVIEWED and may_see and self.projection is None

    def holding(self, study_uid: str, series_uid: str) -> Holding:
        study = self.study(study_uid)
        for one in self.holdings([study]):
            if self.uid(one.uid) == series_uid:
                return one
        if self.is_ai_hidden:
            unveiled = self._holdings([study], frozenset())
            if any(self.uid(one.uid) == series_uid for one in unveiled):
                raise AiHidden()
        raise NotVisible()

    def instance(self, holding: Holding, shown_uid: str) -> HeldInstance:
        """The instance by the UID that the viewer knows."""
        for one in holding.instances:
            if self.uid(one.sop_instance_uid) == shown_uid:
                return one
        raise NotVisible()

    def require_identified(self) -> None:
        """Bulk values are bytes or free text: nobody knows what they say."""
        if self.projection is not None:
            raise Withheld("Bulk data are not available in de-identified view.")

    def count_withheld(self, studies: Iterable[Study]) -> int:
        """Series that a de-identified viewer is told of and does not get."""
        if self.projection is None:
            return 0
        rows = Series.objects.filter(study__in=list(studies)).exclude(archive_key="")
        return rows.count() - only_open(rows).count()

    def may_have_pixels(self, holding: Holding, held: HeldInstance) -> bool:
        return self.projection is None or is_servable(holding, held)

    # headers

    def metadata(self, holding: Holding) -> list[dict[str, Any]]:
        """Full DICOM JSON, projected where the guise wants it; bulk values by their address."""
        if self.projection is not None:
            return self._projected_metadata(holding, self.projection)
        documents = holding.documents()
        with_pixels = {one.sop_instance_uid for one in holding.instances if one.has_pixels}
        for document in documents:
            sop_uid = str(document["00080018"]["Value"][0])
            base = f"{self.instance_url(holding, sop_uid)}/bulkdata"
            _link_bulk(document, base=base)
            if sop_uid in with_pixels:
                tag, vr = _pixel_element(document)
                document[tag] = {"vr": vr, "BulkDataURI": f"{base}/{tag}"}
        return documents

    def _projected_metadata(self, holding: Holding, projection: Projection) -> list[dict[str, Any]]:
        held_by_uid = {one.sop_instance_uid: one for one in holding.instances}
        documents = []
        for sop_uid, projected in projected_documents(holding, projection).items():
            document, held = dict(projected), held_by_uid.get(sop_uid)
            if held is not None and held.rows and is_servable(holding, held):
                tag, vr = _pixel_element(document)
                address = f"{self.instance_url(holding, sop_uid)}/bulkdata/{tag}"
                document[tag] = {"vr": vr, "BulkDataURI": address}
            documents.append(document)
        return documents

    # addresses

    def study_url(self, study: Study) -> str:
        return f"{self.base_url}/studies/{self.uid(study.study_instance_uid)}"

    def series_url(self, holding: Holding) -> str:
        return f"{self.study_url(holding.study)}/series/{self.uid(holding.uid)}"

    def instance_url(self, holding: Holding, sop_instance_uid: str) -> str:
        return f"{self.series_url(holding)}/instances/{self.uid(sop_instance_uid)}"

    # the trail

    def note_access(self, study: Study) -> None:
        """One audit entry per client, case and study in five minutes, not one per frame."""
        if not _is_due((self.actor.id, self.actor.label, self.case_id, study.pk)):
            return
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

    def note_query(self) -> None:
        if _is_due((self.actor.id, self.actor.label, self.case_id, "query")):
            record_entry(
                actor=self.actor,
                action="query.dicomweb",
                case_id=self.case_id,
                entity="case",
                entity_id=self.case_id,
            )


def _pixel_element(document: dict[str, Any]) -> tuple[str, str]:
    """Tag and VR of the pixels; those of floats have no pixel representation (PS3.3 C.7.6.24)."""
    bits = (document.get("00280100", {}).get("Value") or [16])[0]
    if "00280103" not in document and bits in FLOAT_PIXELS:
        return FLOAT_PIXELS[bits]
    return "7FE00010", "OB" if isinstance(bits, int) and bits <= 8 else "OW"


def note_refusal(actor: Actor, *, case_id: UUID, code: str) -> None:
    """A machine client refused a case or a scope; the case may not exist, so it is a detail."""
    if _is_due((actor.id, actor.label, case_id, code)):
        record_entry(
            actor=actor,
            action="access.refused",
            details={"by": "dicomweb", "case": str(case_id), "code": code},
            outcome="refused",
        )


def _is_due(key: tuple[Any, ...]) -> bool:
    now = time.monotonic()
    if now - _told.get(key, float("-inf")) < AUDIT_EVERY_S:
        return False
    if len(_told) > REMEMBERED:
        _told.clear()
    _told[key] = now
    return True


def _link_bulk(document: dict[str, Any], *, base: str) -> None:
    """Every bulk value gets the address of its path: ``tag``, nested ``tag.item.tag``."""
    joint = "/" if base.endswith("/bulkdata") else "."
    for tag, element in document.items():
        here = f"{base}{joint}{tag}"
        if "BulkDataURI" in element:
            element["BulkDataURI"] = here
        elif element.get("vr") == "SQ" and BULK_MARK.encode() in orjson.dumps(element):
            for number, item in enumerate(element.get("Value") or []):
                _link_bulk(item, base=f"{here}.{number}")
