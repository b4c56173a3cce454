"""Who computed, who verified, and under which UIDs: the same inputs give the same UIDs.

A job that is run twice, by a redelivered task or after a crash, must not leave two objects in a
PACS. So every UID is a UUIDv5 of the job key, in the 2.25 root (PS3.5 B.2).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

_NAMESPACE = uuid.UUID("7a1f3c9e-5d0b-5f7c-9a55-6f0f6c4b2e10")

AlgorithmKind = Literal["threshold", "neural_network"]


def derive_uid(*parts: str) -> str:
    """A DICOM UID that depends on ``parts`` alone."""
    # The length before each part keeps ("ab", "c") and ("a", "bc") apart.
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return f"2.25.{uuid.uuid5(_NAMESPACE, name).int}"


@dataclass(frozen=True, slots=True)
class FindingUids:
    """The UIDs of one finding's objects.

    Each SEG and each SR lies in a series of its own: of a series with several, OHIF shows the last
    and leaves the others out, silently (decision 0257). A VERIFIED SR lies in a further one,
    because an archive that keeps one series' objects alike must not mix it with the AI's own.
    """

    job_key: str
    number: int
    segmentation_series: str
    segmentation: str
    dimension_organization: str
    report_series: str
    report: str
    verified_series: str
    tracking: str

    @classmethod
    def derive(cls, *, job_key: str, number: int) -> FindingUids:
        """UIDs of the finding ``number`` (from 1) of the job with this key."""
        if number < 1:
            raise ValueError("Findings are numbered from 1.")
        finding = str(number)
        return cls(
            job_key=job_key,
            number=number,
            segmentation_series=derive_uid(job_key, "segmentation-series", finding),
            segmentation=derive_uid(job_key, "segmentation", finding),
            dimension_organization=derive_uid(job_key, "dimension-organization", finding),
            report_series=derive_uid(job_key, "report-series", finding),
            report=derive_uid(job_key, "report", finding),
            verified_series=derive_uid(job_key, "verified-report-series", finding),
            tracking=derive_uid(job_key, "tracking", finding),
        )

    def amended(self, *, segmentation: str) -> FindingUids:
        """The same, with a SEG that a person made of the model's, in a series of its own.

        Tracking stays: it is the same thing in the patient.
        """
        return replace(
            self,
            segmentation=segmentation,
            segmentation_series=derive_uid(segmentation, "series"),
            dimension_organization=derive_uid(segmentation, "dimension-organization"),
        )

    def verified_report(self, *, review_key: str) -> str:
        """SOP Instance UID of the VERIFIED report of one review of this finding."""
        return derive_uid(self.job_key, "verified-report", str(self.number), review_key)


@dataclass(frozen=True, slots=True)
class AlgorithmIdentity:
    """What TID 4019 and Segmentation Algorithm Identification say about the algorithm."""

    name: str
    version: str
    manufacturer: str
    kind: AlgorithmKind = "neural_network"
    parameters: Mapping[str, str] = field(default_factory=dict)

    def parameter_lines(self) -> list[str]:
        """``name=value``, sorted, so that equal parameters give equal bytes."""
        return [f"{name}={value}" for name, value in sorted(self.parameters.items())]


@dataclass(frozen=True, slots=True)
class VerifyingObserver:
    """The person who accepted a finding and answers for it.

    ``name`` is a DICOM person name (``Family^Given``).
    """

    name: str
    organization: str
    verified_at: datetime
