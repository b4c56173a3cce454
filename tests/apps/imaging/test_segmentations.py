"""Segmentations of a case by REST: listed with what keeps them from being drawn, masks exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.imaging.archive.layout import segment_directory
from apps.imaging.projection import Projection
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import write_files
from tests.apps.imaging.segs import (
    AXIAL,
    OBLIQUE,
    blob,
    describe_segment,
    make_seg,
    make_stack,
    raw,
    shuffled,
    without_references,
)
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)
Mask = NDArray[np.uint8]


class Door:
    """One person's way to the segmentations of the case."""

    def __init__(self, team: CaseTeam, who: str = "surgeon") -> None:
        self.client = Client()
        person = team.people[who]
        self.client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        self.url = f"/api/cases/{team.case_id}/segmentations"

    def list(self) -> list[dict[str, Any]]:
        answer = self.client.get(self.url)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def mask(self, url: str) -> dict[tuple[str, int], Mask]:
        """Slices of a mask by image and frame."""
        geometry = self.client.get(f"{url}-geometry").json()
        answer = self.client.get(url)
        assert answer.status_code == 200, answer.content
        values = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])
        names = zip(geometry["sop_instance_uids"], geometry["frames"], strict=True)
        return dict(zip(names, values, strict=True))


def bring(team: CaseTeam, folder: Path, datasets: list[Any]) -> None:
    write_files(folder / generate_uid(), raw(datasets))
    for one in folder.iterdir():
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[one])


def stack(team: CaseTeam, **fields: Any) -> list[FileDataset]:
    fields = {"study_uid": generate_uid(), "series_uid": generate_uid()} | fields
    return make_stack(**(patient_fields(team) | fields))


def assert_drawn(drawn: dict[tuple[str, int], Mask], images: list[Any], mask: Mask) -> None:
    """Every image has exactly its pixels; images without any are left out."""
    expected = {
        (str(image.SOPInstanceUID), 1): plane
        for image, plane in zip(images, mask, strict=True)
        if plane.any()
    }
    assert drawn.keys() == expected.keys()
    for key, plane in expected.items():
        assert np.array_equal(drawn[key], plane)


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE], ids=["axial", "oblique"])
@pytest.mark.parametrize("step_mm", [2.0, -2.0], ids=["upward", "reversed"])
def test_every_pixel_lies_on_its_image(
    team: CaseTeam, tmp_path: Path, orientation: list[float], step_mm: float
) -> None:
    """Non-square pixels, frames shuffled, empty frames missing, slices in either order."""
    images = stack(team, orientation=orientation, step_mm=step_mm)
    mask = blob()
    bring(team, tmp_path, [*images, shuffled(make_seg(images, mask))])
    (shown,) = Door(team).list()
    assert shown["problems"] == []
    (segment,) = shown["segments"]
    assert segment["label"] == "Liver"
    assert segment["category"]["display"] == "Organ"
    assert segment["type"] == {"system": "SCT", "code": "10200004", "display": "Liver"}
    assert (segment["algorithm_type"], segment["unreviewed"]) == ("MANUAL", False)
    assert segment["tracking_id"] == "track-1"
    assert segment["colour"].startswith("#")
    (link,) = segment["masks"]
    assert link["series_instance_uid"] == images[0].SeriesInstanceUID
    assert_drawn(Door(team).mask(link["mask_url"]), images, mask)


def test_overlapping_segments_keep_apart(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    both = np.stack([blob(seed=1), blob(seed=2)], axis=-1)
    assert (both[..., 0] & both[..., 1]).any()
    segments = [describe_segment(1), describe_segment(2, label="Lesion")]
    seg = make_seg(images, both, segments=segments, omit_empty_frames=False)
    bring(team, tmp_path, [*images, shuffled(seg)])
    (shown,) = Door(team).list()
    assert [segment["label"] for segment in shown["segments"]] == ["Liver", "Lesion"]
    for index, segment in enumerate(shown["segments"]):
        drawn = Door(team).mask(segment["masks"][0]["mask_url"])
        assert_drawn(drawn, images, both[..., index])


def test_fractions_are_drawn_from_half_and_the_threshold_is_said(
    team: CaseTeam, tmp_path: Path
) -> None:
    images = stack(team)
    fractions = blob().astype(np.float64) * 0.8
    fractions[2, 7, 3], fractions[2, 8, 3] = 0.49, 0.5
    seg = make_seg(
        images,
        fractions,
        kind="FRACTIONAL",
        fractional_type="PROBABILITY",
        max_fractional_value=100,
    )
    bring(team, tmp_path, [*images, seg])
    (shown,) = Door(team).list()
    (note,) = shown["problems"]
    assert (note["code"], note["severity"]) == ("fraction_threshold", "note")
    assert "50 %" in note["message"] and "probability" in note["message"]
    drawn = Door(team).mask(shown["segments"][0]["masks"][0]["mask_url"])
    assert_drawn(drawn, images, (fractions >= 0.5).astype(np.uint8))


def test_a_label_map_gives_each_segment_its_own_mask(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    labels = blob(seed=1) + blob(seed=1) * blob(seed=5)  # 0, 1 or 2
    segments = [describe_segment(1), describe_segment(2, label="Lesion")]
    seg = make_seg(images, labels, kind="LABELMAP", segments=segments)
    bring(team, tmp_path, [*images, seg])
    (shown,) = Door(team).list()
    assert shown["kind"] == "LABELMAP"
    assert [segment["number"] for segment in shown["segments"]] == [1, 2]
    for segment in shown["segments"]:
        drawn = Door(team).mask(segment["masks"][0]["mask_url"])
        assert_drawn(drawn, images, (labels == segment["number"]).astype(np.uint8))


def test_petct_a_segmentation_lies_on_the_series_it_names(team: CaseTeam, tmp_path: Path) -> None:
    """CT and PET in one frame of reference with one grid: the one that was drawn on is meant."""
    study = generate_uid()
    ct = stack(team, study_uid=study)
    pet = stack(team, study_uid=study, modality="PT", seed=4)
    bring(team, tmp_path, [*ct, *pet, make_seg(pet, blob())])
    (shown,) = Door(team).list()
    (link,) = shown["segments"][0]["masks"]
    assert link["series_instance_uid"] == pet[0].SeriesInstanceUID
    assert_drawn(Door(team).mask(link["mask_url"]), pet, blob())


def test_without_named_sources_every_series_of_its_grid_shows_it(
    team: CaseTeam, tmp_path: Path
) -> None:
    study = generate_uid()
    same, other = stack(team, study_uid=study), stack(team, study_uid=study, seed=4)
    thick = stack(team, study_uid=study, step_mm=5.0, count=2, seed=5)
    coarse = stack(team, study_uid=study, PixelSpacing=[1.0, 1.0], seed=6)
    seg = without_references(make_seg(same, blob()))
    bring(team, tmp_path, [*same, *other, *thick, *coarse, seg])
    (shown,) = Door(team).list()
    assert [problem["code"] for problem in shown["problems"]] == ["placed_by_geometry"]
    links = {one["series_instance_uid"]: one for one in shown["segments"][0]["masks"]}
    assert {same[0].SeriesInstanceUID, other[0].SeriesInstanceUID} <= links.keys()
    assert coarse[0].SeriesInstanceUID not in links
    for images in (same, other):
        drawn = Door(team).mask(links[images[0].SeriesInstanceUID]["mask_url"])
        assert_drawn(drawn, images, blob())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FrameOfReferenceUID": generate_uid()}, "frame_of_reference_mismatch"),
        ({"spacing": [0.6, 0.75]}, "geometry_differs"),
        ({"shift": 0.3}, "geometry_differs"),
        ({"gone": True}, "source_not_in_case"),
    ],
    ids=["frame of reference", "spacing", "half a pixel", "no source"],
)
def test_what_does_not_fit_is_not_drawn_and_says_why(
    team: CaseTeam, tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    images = stack(team)
    seg = make_seg(images, blob())
    shared = seg.SharedFunctionalGroupsSequence[0]
    if "FrameOfReferenceUID" in change:
        seg.FrameOfReferenceUID = change["FrameOfReferenceUID"]
    if "spacing" in change:
        shared.PixelMeasuresSequence[0].PixelSpacing = change["spacing"]
    for group in seg.PerFrameFunctionalGroupsSequence if "shift" in change else ():
        position = group.PlanePositionSequence[0].ImagePositionPatient
        position[0] = float(position[0]) + change["shift"]
    here = stack(team, study_uid=images[0].StudyInstanceUID, seed=8) if "gone" in change else images
    bring(team, tmp_path, [*here, seg])
    (shown,) = Door(team).list()
    assert [(p["code"], p["severity"]) for p in shown["problems"]] == [(code, "error")]
    assert shown["segments"][0]["masks"] == []


def test_slices_that_are_not_here_are_counted(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    bring(team, tmp_path, [*images[:3], make_seg(images, blob())])
    (shown,) = Door(team).list()
    (problem,) = shown["problems"]
    assert problem["code"] == "frames_not_placed"
    assert problem["message"].startswith("2 of its 4")
    drawn = Door(team).mask(shown["segments"][0]["masks"][0]["mask_url"])
    assert_drawn(drawn, images[:3], blob()[:3])


def test_segmentations_are_shown_in_the_guise_of_who_asks(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    seg = make_seg(images, blob(), segments=[describe_segment(label="Doe's liver")])
    bring(team, tmp_path, [*images, seg])
    url = Door(team).list()[0]["segments"][0]["masks"][0]["mask_url"]
    assert AuditEntry.objects.filter(action="segmentations.viewed", case_id=team.case_id).exists()
    shown_to_guest = Door(team, "consultant").client.get(f"/api/cases/{team.case_id}/studies")
    (study,) = shown_to_guest.json()["results"]
    assert sorted(series["modality"] for series in study["series"]) == ["CT", "SEG"]
    guest, outsider = Door(team, "consultant"), Door(team, "outsider")
    (shown,) = guest.list()
    (segment,) = shown["segments"]
    assert (segment["label"], segment["type"]["display"]) == ("Segment 1", "Liver")
    assert segment["tracking_id"] == shown["manufacturer"].replace("Withheld", "") == ""
    grant = CaseGrant.objects.get(user=team.people["consultant"])
    mapped = {Projection(grant_id=grant.pk).uid(one.SOPInstanceUID) for one in images}
    laid = guest.client.get(f"{segment['masks'][0]['mask_url']}-geometry").json()
    assert set(laid["sop_instance_uids"]) < mapped
    assert guest.client.get(url).content == Door(team).client.get(url).content
    assert outsider.client.get(outsider.url).status_code == 404
    for path in (url, f"{url}-geometry"):
        assert outsider.client.get(path).status_code == 404
    assert Client().get(url).status_code == 401
    member = Door(team).client
    other_segment = url.replace("/segments/1/", "/segments/2/")
    assert member.get(other_segment).status_code == 404


def test_a_mask_is_unpacked_once_and_answers_304(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    bring(team, tmp_path, [*images, make_seg(images, blob())])
    door = Door(team)
    url = door.list()[0]["segments"][0]["masks"][0]["mask_url"]
    first = door.client.get(url, headers={"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    (kept,) = segment_directory().glob("*.masks")
    assert not list(segment_directory().glob("*draft*"))
    again = door.client.get(url, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    kept.with_suffix(".json").unlink()  # derived: rebuilt at need
    assert_drawn(door.mask(url), images, blob())


def test_the_list_takes_as_many_queries_for_six_as_for_one(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    bring(team, tmp_path / "a", [*images, make_seg(images, blob())])
    door = Door(team)

    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            return len(door.list()), len(captured)

    assert queries()[0] == 1
    one = queries()
    bring(team, tmp_path / "b", [make_seg(images, blob(seed=n)) for n in range(2, 7)])
    many = queries()
    assert (one[0], many[0]) == (1, 6)
    assert many[1] == one[1]
