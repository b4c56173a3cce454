"""Measurements through the services: what stands, who may, what is said."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydicom.dataset import Dataset

from apps.annotations import services
from apps.annotations.api.serializers import MeasurementSerializer
from apps.annotations.events import MeasurementPut, MeasurementRemoved, MeasurementRevised
from apps.annotations.exceptions import (
    FrameOfReferenceMismatch,
    ImageNotInCase,
    MeasurementExists,
    PointsOffPlane,
    WrongSpace,
)
from apps.annotations.models import Measurement
from apps.annotations.selectors import describe_measurement, measurements_of_case
from apps.annotations.services import Drawing
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.events import CaseEvent
from apps.core.exceptions import Forbidden, NotVisible, StaleVersion
from apps.live.protocol.bodies import MeasurementBody
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import Scan, import_ct, import_ultrasound

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


@pytest.fixture()
def said(monkeypatch: pytest.MonkeyPatch) -> list[CaseEvent]:
    heard: list[CaseEvent] = []
    monkeypatch.setattr(events, "_subscribers", [(CaseEvent, heard.append)])
    return heard


def _length(scan: Scan, *, index: int = 1, to_column: float = 42.0, label: str = "") -> Drawing:
    return Drawing(
        kind="length",
        study_instance_uid=scan.study_instance_uid,
        series_instance_uid=scan.series_instance_uid,
        sop_instance_uid=scan.slices[index],
        frame_of_reference_uid=scan.frame_of_reference_uid,
        points_lps=[
            scan.point_lps(index=index, column=10, row=20),
            scan.point_lps(index=index, column=to_column, row=20),
        ],
        label=label,
    )


def _put(team: CaseTeam, scan: Scan, who: str = "surgeon", **changes: object) -> Measurement:
    return services.put_measurement(
        actor=team.actor(who),
        case_id=team.case_id,
        drawing=_length(scan, **changes),  # type: ignore[arg-type]
    )


def test_put_computes_the_value_and_says_it_once(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    measurement = _put(team, scan, label="S7")
    assert measurement.values == [{"quantity": "length", "value": 16.0, "unit": "mm"}]
    assert [type(event) for event in said] == [MeasurementPut]
    assert said[0].payload() == {"measurement": describe_measurement(measurement)}
    assert said[0].entity_version == measurement.version == 1
    entry = AuditEntry.objects.get(action="measurement.put")
    assert (entry.case_id, entry.entity_id) == (team.case_id, str(measurement.pk))


def test_the_shape_is_the_same_in_rest_and_on_the_socket(team: CaseTeam, scan: Scan) -> None:
    body = describe_measurement(_put(team, scan))
    MeasurementBody.model_validate(body)
    assert set(MeasurementSerializer().fields) == set(body)


def test_points_on_the_neighbouring_slice_are_refused(team: CaseTeam, scan: Scan) -> None:
    drawing = _length(scan, index=1)
    with pytest.raises(PointsOffPlane):
        services.put_measurement(
            actor=team.actor("surgeon"),
            case_id=team.case_id,
            drawing=Drawing(
                **{
                    **{name: getattr(drawing, name) for name in Drawing.__slots__},
                    "sop_instance_uid": scan.slices[2],
                }
            ),
        )
    assert not Measurement.objects.exists()


def test_another_frame_of_reference_is_refused(team: CaseTeam, scan: Scan) -> None:
    drawing = _length(scan)
    fields = {name: getattr(drawing, name) for name in Drawing.__slots__}
    with pytest.raises(FrameOfReferenceMismatch):
        services.put_measurement(
            actor=team.actor("surgeon"),
            case_id=team.case_id,
            drawing=Drawing(**{**fields, "frame_of_reference_uid": "1.2.3"}),
        )


def test_an_image_of_another_case_is_refused(team: CaseTeam, scan: Scan) -> None:
    other = make_case_team()
    with pytest.raises(ImageNotInCase):
        services.put_measurement(
            actor=other.actor("surgeon"), case_id=other.case_id, drawing=_length(scan)
        )


def test_images_without_patient_space_are_measured_in_pixels(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_ultrasound(case=team.case, folder=tmp_path)
    drawing = Drawing(
        kind="bidirectional",
        study_instance_uid=scan.study_instance_uid,
        series_instance_uid=scan.series_instance_uid,
        sop_instance_uid=scan.slices[0],
        points_image=[[10.5, 10], [40.5, 10], [20, 4], [20, 16]],
    )
    measurement = services.put_measurement(
        actor=team.actor("surgeon"), case_id=team.case_id, drawing=drawing
    )
    assert [(v["value"], v["unit"]) for v in measurement.values] == [(30.0, "px"), (12.0, "px")]
    fields = {name: getattr(drawing, name) for name in Drawing.__slots__}
    fields |= {"points_image": None, "points_lps": [[0, 0, 0], [1, 0, 0]], "kind": "length"}
    with pytest.raises(WrongSpace):
        services.put_measurement(
            actor=team.actor("surgeon"), case_id=team.case_id, drawing=Drawing(**fields)
        )


def _calibrated_region() -> Dataset:
    """Two-dimensional, centimetres, pixels that are not square: 0.2 by 0.3 mm."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 30, 30
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.02, 0.03
    return region


def test_an_ultrasound_region_gives_millimetres_and_says_so_outside_are_pixels(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_ultrasound(
        case=team.case, folder=tmp_path, SequenceOfUltrasoundRegions=[_calibrated_region()]
    )
    fields = {
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[0],
    }

    def put(kind: str, points: list[list[float]]) -> list[Any]:
        drawing = Drawing(kind=kind, points_image=points, **fields)
        made = services.put_measurement(
            actor=team.actor("surgeon"), case_id=team.case_id, drawing=drawing
        )
        assert made.points_lps is None
        assert made.points_image == points
        return [(round(v["value"], 6), v["unit"], v.get("basis")) for v in made.values]

    assert put("length", [[5, 5], [25, 5]]) == [(4.0, "mm", "region")]
    assert put("length", [[5, 5], [5, 25]]) == [(6.0, "mm", "region")]
    # Along the rows 20 x 0.2 = 4 mm is less than down the columns 16 x 0.3 = 4.8 mm.
    assert put("bidirectional", [[15, 6], [15, 22], [5, 12], [25, 12]]) == [
        (4.8, "mm", "region"),
        (4.0, "mm", "region"),
    ]
    assert put("length", [[5, 5], [45, 5]]) == [(40.0, "px", None)]


def test_pixels_for_an_image_with_patient_space_are_refused(team: CaseTeam, scan: Scan) -> None:
    fields = {name: getattr(_length(scan), name) for name in Drawing.__slots__}
    fields |= {"points_lps": None, "points_image": [[1, 1], [5, 5]]}
    with pytest.raises(WrongSpace):
        services.put_measurement(
            actor=team.actor("surgeon"), case_id=team.case_id, drawing=Drawing(**fields)
        )


def test_the_same_put_twice_is_once(team: CaseTeam, scan: Scan, said: list[CaseEvent]) -> None:
    chosen = uuid4()
    for _ in range(2):
        services.put_measurement(
            actor=team.actor("surgeon"),
            case_id=team.case_id,
            measurement_id=chosen,
            drawing=_length(scan),
        )
    assert len(said) == 1
    with pytest.raises(MeasurementExists):
        services.put_measurement(
            actor=team.actor("surgeon"),
            case_id=team.case_id,
            measurement_id=chosen,
            drawing=_length(scan, to_column=30),
        )


def test_revise_moves_points_and_value_together(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    measurement = _put(team, scan)
    revised = services.revise_measurement(
        actor=team.actor("surgeon"),
        measurement_id=measurement.pk,
        version=1,
        points_lps=_length(scan, to_column=30).points_lps,
    )
    assert revised.values[0]["value"] == 10.0
    assert revised.version == 2
    assert [type(event) for event in said] == [MeasurementPut, MeasurementRevised]
    assert list(revised.revisions.values_list("version", "values__0__value")) == [
        (1, 16.0),
        (2, 10.0),
    ]


def test_a_stale_version_is_refused_with_what_stands(team: CaseTeam, scan: Scan) -> None:
    measurement = _put(team, scan)
    services.revise_measurement(
        actor=team.actor("surgeon"), measurement_id=measurement.pk, version=1, label="new"
    )
    for attempt in (
        lambda: services.revise_measurement(
            actor=team.actor("surgeon"), measurement_id=measurement.pk, version=1, label="mine"
        ),
        lambda: services.remove_measurement(
            actor=team.actor("surgeon"), measurement_id=measurement.pk, version=1
        ),
    ):
        with pytest.raises(StaleVersion) as refusal:
            attempt()
        assert refusal.value.details["current"]["label"] == "new"
        assert refusal.value.details["current"]["version"] == 2


def test_nothing_changed_says_nothing(team: CaseTeam, scan: Scan, said: list[CaseEvent]) -> None:
    measurement = _put(team, scan)
    same = services.revise_measurement(
        actor=team.actor("surgeon"),
        measurement_id=measurement.pk,
        version=1,
        points_lps=_length(scan).points_lps,
    )
    assert same.version == 1
    assert len(said) == 1


def test_removal_is_soft_and_undone_by_the_inverse(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    measurement = _put(team, scan)
    surgeon = team.actor("surgeon")
    services.remove_measurement(actor=surgeon, measurement_id=measurement.pk, version=1)
    assert not measurements_of_case(case_id=team.case_id).exists()
    with pytest.raises(StaleVersion):
        services.put_measurement(
            actor=surgeon,
            case_id=team.case_id,
            measurement_id=measurement.pk,
            version=1,
            drawing=_length(scan),
        )
    back = services.put_measurement(
        actor=surgeon,
        case_id=team.case_id,
        measurement_id=measurement.pk,
        version=2,
        drawing=_length(scan),
    )
    assert (back.version, back.tracking_uid) == (3, measurement.tracking_uid)
    assert [type(event) for event in said] == [MeasurementPut, MeasurementRemoved, MeasurementPut]
    assert list(back.revisions.values_list("version", "removed")) == [
        (1, False),
        (2, True),
        (3, False),
    ]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("coordinator", Forbidden),
        ("consultant", Forbidden),
        ("outsider", NotVisible),
        ("system_admin", NotVisible),
        ("auditor", NotVisible),
    ],
)
def test_who_may_not_measure(
    team: CaseTeam, scan: Scan, who: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        _put(team, scan, who=who)


def test_a_trainee_measures_on_the_draft_layer(team: CaseTeam, scan: Scan) -> None:
    assert _put(team, scan, who="trainee").layer == "draft"
    assert _put(team, scan, who="chair").layer == "shared"


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("surgeon", True), ("radiologist", True), ("oncologist", False), ("trainee", False)],
)
def test_who_may_change_a_surgeons_measurement(
    team: CaseTeam, scan: Scan, who: str, allowed: bool
) -> None:
    measurement = _put(team, scan)
    change = {"measurement_id": measurement.pk, "version": 1, "label": "x"}
    if allowed:
        services.revise_measurement(actor=team.actor(who), **change)
        return
    with pytest.raises(Forbidden):
        services.revise_measurement(actor=team.actor(who), **change)
