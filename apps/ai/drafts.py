"""What is known of a finding before it has a row."""

from dataclasses import dataclass

from apps.ai.analyses.results import SegmentResult, SeriesStatement


@dataclass(frozen=True, slots=True)
class FindingDraft:
    """A result with its place in the patient, if it has one, and its stored objects."""

    result: SegmentResult | SeriesStatement
    tracking_uid: str
    frame_of_reference_uid: str
    sop_instance_uid: str
    centroid_lps: list[float]
    bbox_lps: list[list[float]]
    mask_sha256: str
    segmentation_uid: str
    segmentation_sha256: str
    report_uid: str
    report_sha256: str


@dataclass(frozen=True, slots=True)
class MapDraft:
    """A map with its codes and its stored object."""

    label: str
    quantity: dict[str, str]
    unit: dict[str, str]
    sop_instance_uid: str
    object_sha256: str
