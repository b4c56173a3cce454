"""What of a study would go to radiotherapy, and what has gone: accepted findings, series by series.

Nothing here reads a file: names and UIDs follow from the rows, so that a screen may ask often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from apps.ai.analyses.results import Code
from apps.ai.choices import ExportState
from apps.ai.encoding.structure_names import Meaning, StructureName, name_structures
from apps.ai.encoding.structure_set import StructureSetUids
from apps.ai.models import Finding, FindingReview, StructureSet
from apps.ai.selectors.findings import accepted_findings, standing_amendment, standing_review
from apps.imaging.models import Series


@dataclass(frozen=True, slots=True)
class PlannedRegion:
    """An accepted finding, the acceptance it rests on, and its name for planning."""

    finding: Finding
    review: FindingReview
    name: StructureName


@dataclass(frozen=True, slots=True)
class PlannedStructureSet:
    """The accepted findings with a place on one series."""

    series: Series
    regions: tuple[PlannedRegion, ...]

    @property
    def uids(self) -> StructureSetUids:
        """Of what is in it: another acceptance or another name makes another object."""
        contents = [
            ":".join(
                (
                    one.finding.tracking_uid,
                    _mask_of(one.finding),
                    one.name.name,
                    str(one.review.pk),
                )
            )
            for one in self.regions
        ]
        key = f"{self.series.series_instance_uid}:{self.series.content_sha256}"
        return StructureSetUids.derive(series_key=key, contents=contents)

    @property
    def accepted_at(self) -> datetime:
        """When the last of them was accepted."""
        return max(one.review.created_at for one in self.regions)


def _mask_of(finding: Finding) -> str:
    """The mask that was accepted: the model's, or what the reviewer made of it."""
    amendment = standing_amendment(finding=finding)
    return amendment.mask_sha256 if amendment else finding.mask_sha256


def plan_structure_sets(
    *, case_id: UUID, study_id: UUID, only: Iterable[UUID] | None = None
) -> list[PlannedStructureSet]:
    """One for each series of the study that has accepted findings with a place on it.

    For callers that have checked access. ``only`` names the findings that are meant.
    """
    named = {} if only is None else {"pk__in": list(only)}
    findings = (
        accepted_findings(case_id=case_id)
        .filter(study_id=study_id, **named)
        .exclude(mask_sha256="")
        .order_by("job__series__number", "job__series_id", "job__created_at", "job_id", "number")
    )
    return [
        PlannedStructureSet(series=series, regions=_plan_regions(members))
        for series, members in groupby(findings, key=lambda finding: finding.job.series)
    ]


def _plan_regions(findings: Iterable[Finding]) -> tuple[PlannedRegion, ...]:
    accepted = [(finding, standing_review(finding=finding)) for finding in findings]
    names = name_structures([_meaning(finding) for finding, _ in accepted])
    return tuple(
        PlannedRegion(finding=finding, review=review, name=name)
        for (finding, review), name in zip(accepted, names, strict=True)
        if review is not None
    )


def _meaning(finding: Finding) -> Meaning:
    return Meaning(
        code=_read_code(finding.code),
        site=_read_code(finding.site) if finding.site else None,
        laterality=_read_code(finding.laterality) if finding.laterality else None,
        given=finding.tg263,
    )


def _read_code(code: dict[str, str]) -> Code:
    return Code(code["system"], code["code"], code["display"])


def describe_structure_sets(*, case_id: UUID, study_id: UUID) -> list[dict[str, Any]]:
    """What would be sent now, and how far that is: the shape of REST."""
    planned = plan_structure_sets(case_id=case_id, study_id=study_id)
    sent = {
        row.sop_instance_uid: row
        for row in StructureSet.objects.filter(case_id=case_id, study_id=study_id)
    }
    return [_describe(one, sent) for one in planned]


def _describe(planned: PlannedStructureSet, sent: dict[str, StructureSet]) -> dict[str, Any]:
    uid = planned.uids.instance
    return {
        "series_instance_uid": planned.series.series_instance_uid,
        "series_description": planned.series.description,
        "sop_instance_uid": uid,
        "approval": "UNAPPROVED",
        "regions": [
            {
                "finding": one.finding.pk,
                "label": one.finding.label,
                "name": one.name.name,
                "interpreted_type": one.name.interpreted_type,
            }
            for one in planned.regions
        ],
        "sending": _describe_sending(sent[uid]) if uid in sent else None,
        "earlier": sum(
            1
            for row in sent.values()
            if row.series_id == planned.series.pk
            and row.sop_instance_uid != uid
            and row.state == ExportState.STORED
        ),
    }


def _describe_sending(row: StructureSet) -> dict[str, Any]:
    error = {"code": row.error_code, "message": row.error_message}
    return {
        "state": row.state,
        "attempts": row.attempts,
        "error": error if row.error_code else None,
        "stored_at": row.stored_at,
    }
