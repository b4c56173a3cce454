"""Parametric maps: valid for dciodvfy, value for value back by our own reader, of a real bundle."""

from __future__ import annotations

import copy
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from apps.ai import execution, services, storage
from apps.ai.analyses import codes
from apps.ai.analyses.results import AnalysisOutcome, Code, ValueMap
from apps.ai.dicom_objects import offer_objects
from apps.ai.encoding import EncodingRefused
from apps.ai.encoding.parametric_map import MapUids, encode_parametric_map
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import FindingExport, ResultMap
from apps.ai.objects import read_mask
from apps.ai.runner.wire import WireError, pack_outcome, unpack_outcome
from apps.ai.selectors import own_objects
from apps.imaging.models import Instance
from apps.imaging.real_world import read_real_world
from tests.apps.ai import world
from tests.apps.ai.bundles import INFERENCE, SIDE_CAR, write_bundle
from tests.apps.ai.encoded import ALGORITHM, NOW, SHAPE, read_values, validate
from tests.apps.ai.phantom_files import BOXES
from tests.apps.ai.phantom_files import SHAPE as CT_SHAPE
from tests.apps.ai.synthetic_series import series_headers

PROBABILITY = Code("DCM", "122157", "Probability")
UIDS = MapUids.derive(job_key="job", number=1)


def value_map(values: np.ndarray | None = None, **changes: Any) -> ValueMap:
    if values is None:
        values = np.random.default_rng(4).random(SHAPE).astype(np.float32)
        values[:3] = values[9:] = 0.0
    fields: dict[str, Any] = {
        "label": "Probability of tumour",
        "quantity": PROBABILITY,
        "unit": Code("UCUM", "1", "no units"),
        "values": values,
        "floor": 0.01,
    }
    return ValueMap(**{**fields, **changes})


def encode(one: ValueMap, *, orientation: Any = "axial", modality: str = "CT") -> bytes:
    return encode_parametric_map(
        source_headers=series_headers(orientation=orientation, modality=modality),
        value_map=one,
        algorithm=ALGORITHM,
        uids=UIDS,
        number=1,
        series_number=9005,
        content_at=NOW,
    )


@pytest.mark.parametrize("orientation", ["axial", "oblique", "reversed"])
def test_it_is_valid_and_comes_back_value_for_value(orientation: Any, tmp_path: Path) -> None:
    one = value_map()
    data = encode(one, orientation=orientation)
    validate({"map": data}, tmp_path)
    headers = series_headers(orientation=orientation)
    uids = [str(header.SOPInstanceUID) for header in headers]
    assert np.array_equal(read_values(data, uids, SHAPE), one.values.astype(np.float64))
    places = {
        tuple(np.round(np.array(h.ImagePositionPatient, dtype=float), 4)): str(h.SOPInstanceUID)
        for h in headers
    }
    for group in pydicom.dcmread(BytesIO(data)).PerFrameFunctionalGroupsSequence:
        position = group.PlanePositionSequence[0].ImagePositionPatient
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        assert places[tuple(np.round(np.array(position, dtype=float), 4))] == str(
            source.ReferencedSOPInstanceUID
        )


def test_an_suv_map_says_its_unit(tmp_path: Path) -> None:
    values = (np.random.default_rng(1).random(SHAPE) * 12).astype(np.float32)
    one = value_map(
        values,
        label="SUVbw",
        quantity=codes.SUV_BODY_WEIGHT,
        unit=codes.UNIT_SUV_BODY_WEIGHT,
        floor=0.0,
    )
    data = encode(one, modality="PT")
    validate({"map": data}, tmp_path)
    mapping = read_real_world(pydicom.dcmread(BytesIO(data)), frame=1)
    assert mapping is not None
    assert (mapping.slope, mapping.intercept, mapping.unit) == (1.0, 0.0, "{SUVbw}g/ml")


@pytest.mark.parametrize("orientation", ["axial", "oblique", "reversed"])
def test_every_image_has_its_frame_from_the_lowest_along_the_normal(orientation: Any) -> None:
    """OHIF lays the frames from the first image on, whatever they say (decision 0257)."""
    data = encode(value_map(), orientation=orientation)
    assert data == encode(value_map(), orientation=orientation)
    document = pydicom.dcmread(BytesIO(data))
    assert int(document.NumberOfFrames) == SHAPE[0]
    shared = document.SharedFunctionalGroupsSequence[0]
    axes = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    heights = [
        np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        @ np.cross(axes[:3], axes[3:])
        for group in document.PerFrameFunctionalGroupsSequence
    ]
    assert np.diff(heights) == pytest.approx(2.5, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.zeros(SHAPE, dtype=np.float32), "map_empty"),
        (np.full(SHAPE, np.nan, dtype=np.float32), "map_not_finite"),
        (np.ones((2, 3, 4), dtype=np.float32), "mask_shape_mismatch"),
    ],
)
def test_what_is_no_map_is_refused_by_name(values: np.ndarray, code: str) -> None:
    with pytest.raises(EncodingRefused) as refused:
        encode(value_map(values))
    assert refused.value.code == code


def test_maps_cross_the_process_boundary_and_a_hostile_one_does_not(tmp_path: Path) -> None:
    one = value_map()
    packed = pack_outcome(
        outcome=AnalysisOutcome(kind="no_findings", maps=(one,)), mask_file=tmp_path / "masks.bin"
    )
    (back,) = unpack_outcome(document=packed, mask_file=tmp_path / "masks.bin", shape=SHAPE).maps
    assert np.array_equal(back.values, one.values)
    assert (back.label, back.quantity, back.unit) == (one.label, one.quantity, one.unit)
    file = tmp_path / "maps.bin"
    for spoil in (
        lambda: file.write_bytes(file.read_bytes()[:-4]),
        lambda: file.write_bytes(np.full(SHAPE, np.inf, "<f4").tobytes()),
        lambda: (file.unlink(), file.symlink_to("/etc/hostname")),
        file.unlink,
    ):
        spoil()
        with pytest.raises(WireError):
            unpack_outcome(document=packed, mask_file=tmp_path / "masks.bin", shape=SHAPE)


def soft_bundle(root: Path, *, soft: bool = True) -> Path:
    """The bright bundle whose postprocessing keeps the two channels' probabilities."""
    inference = copy.deepcopy(INFERENCE)
    if soft:
        transforms = inference["postprocessing"]["transforms"]
        inference["postprocessing"]["transforms"] = [
            one for one in transforms if one["_target_"] != "AsDiscreted"
        ]
    side_car = copy.deepcopy(SIDE_CAR)
    side_car["outputs"][0] |= {"probability_map": True, "tg263": "GTVp"}
    return write_bundle(root, inference=inference, side_car=side_car, version="0.2.0")


def approved(team: Any, root: Path) -> Any:
    version = services.register_bundle(actor=world.INSTALLER, root=root)
    return world.put_into_use(team=team, version=version)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_runner")
def test_a_bundle_s_probability_map_goes_home_with_its_first_accepted_finding(
    phantom_team, phantom_series, house, tmp_path
):
    version = approved(phantom_team, soft_bundle(house / "source" / "soft"))
    job = world.request(team=phantom_team, version=version, series=phantom_series)
    execution.run_waiting_jobs(worker="test")
    job.refresh_from_db()
    assert (job.state, job.reason_message, job.warnings) == ("findings", "", [])
    finding = job.findings.order_by("number").first()
    assert finding.tg263 == "GTVp"
    row = ResultMap.objects.get(job=job)
    assert (row.label, row.quantity["code"], row.unit["code"]) == (
        "Probability of Bright thing", "122157", "1",
    )  # fmt: skip
    data = storage.get_bytes(sha256=row.object_sha256)
    validate({"map": data}, tmp_path)
    values = read_values(data, job.grid["sop_instance_uids"], CT_SHAPE)
    inside = np.zeros(CT_SHAPE, dtype=bool)
    for box in BOXES:
        inside[box] = True
    assert 0.85 < values[inside].mean() <= 1.0
    assert values[~inside].mean() < 0.1
    # The finding is where the map says so: a label is the likelier one of two.
    masks = np.any([read_mask(finding=one) for one in job.findings.all()], axis=0)
    assert np.array_equal(masks, values > 0.5)

    def state() -> str:
        offered = offer_objects(case_id=phantom_team.case_id, study_ids=[phantom_series.study_id])
        return next(o.state for o in offered if o.sop_instance_uid == row.sop_instance_uid)

    assert state() == "unreviewed"
    services.accept_finding(
        actor=phantom_team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=phantom_team.case_id,
        version=1,
    )
    assert state() == "accepted"
    export_accepted_finding(export_id=FindingExport.objects.get().pk)
    stored = Instance.objects.get(sop_instance_uid=row.sop_instance_uid)
    assert stored.series.kind == "parametric_map"
    uid = row.sop_instance_uid
    assert own_objects(sop_instance_uids=[uid]) == {uid}, "ours, not another vendor's finding"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_runner")
def test_a_bundle_that_gives_labels_only_has_no_map_and_says_so(
    phantom_team, phantom_series, house
):
    version = approved(phantom_team, soft_bundle(house / "source" / "hard", soft=False))
    job = world.request(team=phantom_team, version=version, series=phantom_series)
    execution.run_waiting_jobs(worker="test")
    job.refresh_from_db()
    assert job.state == "findings"
    assert [code for code, _ in job.warnings] == ["no_probability_map"]
    assert not ResultMap.objects.exists()
