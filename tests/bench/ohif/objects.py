"""What the encoders write about the phantom, what dciodvfy says of it, and if it reads back."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import pydicom
from numpy.typing import NDArray

from apps.ai.analyses import codes
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult, ValueMap
from apps.ai.encoding import (
    FindingUids,
    encode_measurement_report,
    encode_segmentation,
    encode_structure_set,
)
from apps.ai.encoding.parametric_map import MapUids, encode_parametric_map
from apps.ai.encoding.structure_set import StructureRegion, StructureSetUids
from apps.imaging.radiotherapy.rasters import rasterise
from apps.imaging.radiotherapy.structures import read_structure_set
from tests.apps.ai.encoded import (
    ALGORITHM,
    NOW,
    UNKNOWN_TO_DCIODVFY,
    assert_geometry_reads_back,
    assert_mask_reads_back,
    assert_report_reads_back,
    planes,
    read_values,
)
from tests.bench.ohif.phantom import Phantom

Kind = Literal["SEG", "SR", "RTSTRUCT", "map"]
VOLUME = Code("SCT", "118565006", "Volume")
NEOPLASM = Code("SCT", "108369006", "Neoplasm")
PROBABILITY = Code("DCM", "122157", "Probability")


@dataclass(frozen=True)
class Written:
    """One object as bytes, and the mask that it shows."""

    kind: Kind
    name: str
    content: bytes
    mask: NDArray[np.bool_]
    is_bright: bool

    @property
    def series_uid(self) -> str:
        header = pydicom.dcmread(BytesIO(self.content), stop_before_pixels=True)
        return str(header.SeriesInstanceUID)


def write_all(phantom: Phantom) -> list[Written]:
    """Two findings of one job with a SEG and an SR each, both as RTSTRUCT, and one map.

    Raises
    ------
    AssertionError
        One of them does not read back equal.
    """
    written: list[Written] = []
    segments = [
        _segment(phantom, phantom.bright, "Bright comma"),
        _segment(phantom, phantom.dark, "Dark wedge"),
    ]
    for number, (segment, mask) in enumerate(
        zip(segments, (phantom.bright, phantom.dark), strict=True), start=1
    ):
        seg, report = _finding(phantom, segment, number)
        _check_finding(phantom, segment, mask, seg, report)
        bright = number == 1
        written.append(Written("SEG", f"SEG {segment.label}", seg, mask, bright))
        written.append(Written("SR", f"SR {segment.label}", report, mask, bright))
    structures = _structure_set(phantom, segments)
    _check_structures(phantom, structures)
    written.append(Written("RTSTRUCT", "RTSTRUCT", structures, phantom.bright, is_bright=True))
    values = np.where(phantom.bright, np.float32(0.9), np.float32(0))
    mapped = _map(phantom, values)
    uids = [str(image.SOPInstanceUID) for image in phantom.images]
    assert np.array_equal(read_values(mapped, uids, values.shape), values.astype(np.float64))
    written.append(Written("map", "parametric map", mapped, phantom.bright, is_bright=True))
    return written


def count_complaints(content: bytes, *, path: Path) -> tuple[int, int]:
    """Errors and warnings of dciodvfy, but for the attribute that it is too old to know."""
    program = shutil.which("dciodvfy")
    if program is None:
        raise SystemExit("bench ai-ohif needs dciodvfy (Debian package dicom3tools)")
    path.write_bytes(content)
    told = subprocess.run([program, "-new", str(path)], check=False, capture_output=True, text=True)
    lines = (told.stdout + told.stderr).splitlines()
    errors = [one for one in lines if one.startswith("Error") and one != UNKNOWN_TO_DCIODVFY]
    return len(errors), sum(one.startswith("Warning") for one in lines)


def _segment(phantom: Phantom, mask: NDArray[np.bool_], label: str) -> SegmentResult:
    volume_ml = float(mask.sum()) * phantom.voxel_ml
    return SegmentResult(
        label=label,
        code=NEOPLASM,
        category=codes.SPATIAL_CONCEPT,
        region=MaskRegion.from_mask(mask),
        measurements=(MeasuredValue("volume", volume_ml, "mL", VOLUME, codes.UNIT_MILLILITRE),),
    )


def _finding(phantom: Phantom, segment: SegmentResult, number: int) -> tuple[bytes, bytes]:
    shared = {
        "source_headers": phantom.images,
        "segment": segment,
        "algorithm": ALGORITHM,
        "uids": FindingUids.derive(job_key=phantom.study_uid, number=number),
        "number": number,
        "content_at": NOW,
    }
    seg = encode_segmentation(series_number=9001, **shared)  # type: ignore[arg-type]
    report = encode_measurement_report(series_number=9002, segmentation=seg, **shared)  # type: ignore[arg-type]
    return seg, report


def _check_finding(
    phantom: Phantom, segment: SegmentResult, mask: NDArray[np.bool_], seg: bytes, report: bytes
) -> None:
    assert_mask_reads_back(seg, phantom.images, mask)
    assert_geometry_reads_back(seg, phantom.images, mask)
    assert_report_reads_back(report, {"seg": seg}, segment, phantom.images)


def _structure_set(phantom: Phantom, segments: list[SegmentResult]) -> bytes:
    regions = [
        StructureRegion(
            name=one.label,
            interpreted_type="GTV",
            code=one.code,
            description=one.label,
            region=one.region,
            interpreter="Rossi^Ada",
            origin="Phantom 1",
        )
        for one in segments
    ]
    return encode_structure_set(
        source_headers=phantom.images,
        regions=regions,
        uids=StructureSetUids.derive(series_key=phantom.study_uid, contents=["both"]),
        label="AI_ACCEPTED",
        series_number=9006,
        content_at=NOW,
    )


def _check_structures(phantom: Phantom, content: bytes) -> None:
    read = read_structure_set(pydicom.dcmread(BytesIO(content)).to_json_dict())
    for one, mask in zip(read.regions, (phantom.bright, phantom.dark), strict=True):
        assert np.array_equal(rasterise(one.areas, planes(phantom.images)), mask), one.name


def _map(phantom: Phantom, values: NDArray[np.float32]) -> bytes:
    return encode_parametric_map(
        source_headers=phantom.images,
        value_map=ValueMap(
            label="Probability of tumour",
            quantity=PROBABILITY,
            unit=Code("UCUM", "1", "no units"),
            values=values,
            floor=0.0,
        ),
        algorithm=ALGORITHM,
        uids=MapUids.derive(job_key=phantom.study_uid, number=1),
        number=1,
        series_number=9005,
        content_at=NOW,
    )
