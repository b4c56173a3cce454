"""From accepted findings to an RT Structure Set, and the work of sending one to the PACS."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import numpy as np
from django.db import InterfaceError, OperationalError
from pydicom import dcmread
from pydicom.dataset import Dataset

from apps.ai import policies, storage
from apps.ai.analyses.results import Code, MaskRegion
from apps.ai.encoding import EncodingRefused, encode_structure_set
from apps.ai.encoding.structure_set import StructureRegion
from apps.ai.exceptions import StaleFence, StructureSetRefused
from apps.ai.models import StructureSet
from apps.ai.objects import person_name, read_mask
from apps.ai.selectors.findings import standing_amendment
from apps.ai.selectors.structure_sets import (
    PlannedRegion,
    PlannedStructureSet,
    plan_structure_sets,
)
from apps.ai.services.structure_sets import (
    SENDER,
    claim_structure_set,
    complete_structure_set,
    fail_structure_set,
    keep_structure_set,
    plans_of_study,
    renew_structure_set,
)
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, Unavailable
from apps.imaging.archive import read_headers
from apps.imaging.radiotherapy.rasters import Plane, rasterise
from apps.imaging.radiotherapy.structures import CLOSED, Contour
from apps.imaging.services import store_objects
from apps.imaging.services.leases import kept_alive

logger = logging.getLogger(__name__)

SERIES_NUMBER = 9006
LABEL = "AI_ACCEPTED"
_CONTOUR_DATA = 0x30060050


def download_structure_set(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str
) -> bytes:
    """The structure set of one series as it would be sent: equal bytes for equal acceptances.

    Raises
    ------
    NotVisible, Forbidden
        Not in this case, or not this person's to take out.
    NothingAccepted
        No accepted finding marks voxels there.
    StructureSetRefused
        DICOM cannot say it of these images; the code says why.
    """
    policies.send_structure_set(actor=actor, case_id=case_id)
    (plan,) = plans_of_study(
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    try:
        content = _kept_bytes(plan) or build_structure_set(plan=plan)
    except EncodingRefused as error:
        raise StructureSetRefused(error.reason, code=error.code) from error
    record_entry(
        actor=actor,
        action="structure_set.downloaded",
        case_id=case_id,
        entity="series",
        entity_id=plan.series.pk,
        details={"sop_instance_uid": plan.uids.instance},
    )
    return content


def _kept_bytes(plan: PlannedStructureSet) -> bytes:
    kept = StructureSet.objects.filter(sop_instance_uid=plan.uids.instance)
    sha256 = kept.values_list("object_sha256", flat=True).first()
    return storage.get_bytes(sha256=sha256) if sha256 else b""


def build_structure_set(*, plan: PlannedStructureSet) -> bytes:
    """Encode it, and fill the contours again: what does not give the masks back is not sent.

    Raises
    ------
    EncodingRefused
        ``series_changed``, ``round_trip``, or what ``encode_structure_set`` refuses.
    SeriesEvicted
        The images are in the PACS only, and being fetched.
    """
    headers, places = _read_grid(plan)
    regions = [_build_region(one, places) for one in plan.regions]
    content = encode_structure_set(
        source_headers=headers,
        regions=regions,
        uids=plan.uids,
        label=LABEL,
        series_number=SERIES_NUMBER,
        content_at=plan.accepted_at,
    )
    _check_round_trip(content, headers, regions)
    return content


def _read_grid(plan: PlannedStructureSet) -> tuple[list[Dataset], dict[str, int]]:
    """Headers of the slices that findings lie on, in slice order, and where each one stands."""
    wanted = {
        uid for one in plan.regions for uid in one.finding.job.grid.get("sop_instance_uids", [])
    }
    headers = [
        header
        for header in read_headers(series_id=plan.series.pk)
        if str(header.SOPInstanceUID) in wanted
    ]
    places = {str(header.SOPInstanceUID): place for place, header in enumerate(headers)}
    if wanted - places.keys():
        raise EncodingRefused(
            code="series_changed", reason="The series no longer holds the images it was read from."
        )
    return headers, places


def _build_region(one: PlannedRegion, places: dict[str, int]) -> StructureRegion:
    finding, review = one.finding, one.review
    code = finding.code
    version = finding.job.version
    amendment = standing_amendment(finding=finding)
    return StructureRegion(
        name=one.name.name,
        interpreted_type=one.name.interpreted_type,
        code=Code(code["system"], code["code"], code["display"]),
        description=f"{finding.label}. Accepted as a finding, not approved for planning.",
        region=_on_slices(
            MaskRegion.from_mask(read_mask(finding=finding, amendment=amendment)),
            [places[uid] for uid in finding.job.grid["sop_instance_uids"]],
            slices=len(places),
        ),
        interpreter=person_name(review.reviewer.display_name),
        origin=f"{version.model.name} {version.version}",
        algorithm="SEMIAUTOMATIC" if amendment else "AUTOMATIC",
    )


def _on_slices(region: MaskRegion, order: list[int], *, slices: int) -> MaskRegion:
    """The mask of a job's grid among all slices of the structure set, by their own places."""
    first, row, column = region.start
    at = np.array(order[first : first + region.values.shape[0]])
    start = int(at.min())
    values = np.zeros((int(at.max()) - start + 1, *region.values.shape[1:]), dtype=bool)
    values[at - start] = region.values
    return MaskRegion(values, (start, row, column), (slices, *region.shape[1:]))


def _check_round_trip(
    content: bytes, headers: list[Dataset], regions: list[StructureRegion]
) -> None:
    planes = [
        Plane(
            position_lps=header.ImagePositionPatient,
            orientation=header.ImageOrientationPatient,
            pixel_spacing_mm=header.PixelSpacing,
            rows=int(header.Rows),
            columns=int(header.Columns),
        )
        for header in headers
    ]
    items = dcmread(BytesIO(content)).ROIContourSequence
    for item, region in zip(items, regions, strict=True):
        contours = [_read_contour(one) for one in item.ContourSequence]
        if not np.array_equal(rasterise(contours, planes), region.region.to_mask()):
            raise EncodingRefused(
                code="round_trip",
                reason=f"The contours of {region.name} do not give its mask back.",
            )


def _read_contour(item: Dataset) -> Contour:
    raw = item.get_item(_CONTOUR_DATA).value  # bytes: a number object each would take seconds
    points = np.array(raw.split(b"\\"), dtype=np.float64).reshape(-1, 3)
    return Contour(CLOSED, points, "")


def send_structure_set(*, structure_set_id: UUID) -> None:
    """Encode it once, store it, believe the PACS's list; a failure is put back with delay."""
    row = claim_structure_set(structure_set_id=structure_set_id)
    if row is None:
        return
    try:
        with kept_alive(_Lease(row_id=row.pk, fence=row.fence)):
            _store(row)
        complete_structure_set(structure_set_id=row.pk, fence=row.fence)
    except StaleFence:
        logger.info("structure set %s: another worker has it", row.pk)
    except EncodingRefused as error:
        _put_back(row, error.code, error.reason, is_final=True)
    except DomainError as error:
        _put_back(row, error.error_code, str(error))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("structure set %s failed", row.pk)
        _put_back(row, "internal_error", type(error).__name__)


@dataclass(frozen=True, slots=True)
class _Lease:
    """Renewed while a slow PACS takes its time, as of a finding's export."""

    row_id: UUID
    fence: int

    def renew(self) -> bool:
        return renew_structure_set(structure_set_id=self.row_id, fence=self.fence)


def _put_back(row: StructureSet, code: str, message: str, *, is_final: bool = False) -> None:
    try:
        fail_structure_set(
            structure_set_id=row.pk,
            fence=row.fence,
            code=code,
            message=message,
            is_final=is_final,
        )
    except StaleFence:
        logger.info("structure set %s: another worker has it", row.pk)


def _store(row: StructureSet) -> None:
    outcome = store_objects(actor=SENDER, study_id=row.study_id, objects=[_encoded(row)])
    if not outcome.complete:
        reasons = "; ".join(f"{uid}: {why}" for uid, why in sorted(outcome.failed.items()))
        raise Unavailable(f"The PACS did not keep it. {reasons}", code="store_incomplete")


def _encoded(row: StructureSet) -> bytes:
    if row.object_sha256:
        return storage.get_bytes(sha256=row.object_sha256)
    meant = row.reviews.values_list("finding_id", flat=True)
    for plan in plan_structure_sets(case_id=row.case_id, study_id=row.study_id, only=meant):
        if plan.uids.instance == row.sop_instance_uid:
            content = build_structure_set(plan=plan)
            keep_structure_set(
                structure_set_id=row.pk,
                fence=row.fence,
                sha256=storage.put_bytes(content=content),
            )
            return content
    raise EncodingRefused(
        code="series_changed", reason="The images have changed since; send it again."
    )
