"""Segmentations written by others, on their own images; read from ../shared/data, never copied."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset

from apps.imaging.parsing import ParserPool
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import data_folder
from tests.apps.imaging.test_segmentations import Door
from tests.people import CaseTeam, make_case_team, make_patient

pytestmark = pytest.mark.django_db(transaction=True)


def open_case(folder: Path) -> tuple[CaseTeam, dict[str, FileDataset]]:
    """A case of the folder's patient with its files; the objects by SOP Instance UID."""
    objects = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                dataset = pydicom.dcmread(path)
            except pydicom.errors.InvalidDicomError:
                continue
            objects[str(dataset.SOPInstanceUID)] = dataset
    patient_id = str(next(iter(objects.values())).PatientID)
    team = make_case_team(patient=make_patient(patient_id=patient_id, issuer=""))
    import_files(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        paths=[folder],
        mismatch_reason="Public data set of this test case",
    )
    return team, objects


def assert_equals_highdicom(door: Door, shown: dict[str, Any], original: FileDataset) -> None:
    """Every segment on every source image is what highdicom reads from the same object."""
    seg = hd.seg.Segmentation.from_dataset(original)
    sources = [uid for _, _, uid in seg.get_source_image_uids()]
    for segment in shown["segments"]:
        (link,) = segment["masks"]
        drawn = door.mask(link["mask_url"])
        expected = seg.get_pixels_by_source_instance(
            source_sop_instance_uids=sources,
            segment_numbers=[segment["number"]],
            assert_missing_frames_are_empty=True,
            ignore_spatial_locations=True,
        )[..., 0]
        for uid, plane in zip(sources, expected, strict=True):
            if (uid, 1) in drawn:
                assert np.array_equal(drawn[(uid, 1)], plane > 0)
            else:
                assert not plane.any()
        assert drawn


def test_dcmqi_liver_and_overlapping_segments_lie_on_their_ct(db: None) -> None:
    folder = data_folder("11-") / "ct-3slice"
    team, objects = open_case(folder)
    door = Door(team)
    found = door.list()
    assert sorted(len(one["segments"]) for one in found) == [1, 5]
    for shown in found:
        assert shown["problems"] == []
        assert_equals_highdicom(door, shown, objects[shown["sop_instance_uid"]])


def test_dcmqi_bit_packing_phantom_is_the_label_it_was_made_from(db: None) -> None:
    """23 x 38 pixels do not fill bytes: the label file is the truth, in LPS."""
    folder = data_folder("11-") / "23x38x3"
    team, objects = open_case(folder)
    door = Door(team)
    (shown,) = [one for one in door.list() if one["segments"]]
    raw = (folder / "nrrd" / "label.nrrd").read_bytes()
    head, _, body = raw.partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    values = gzip.decompress(body) if fields["encoding"] == "gzip" else body
    kinds = {"short": "<i2", "unsigned char": "u1", "unsigned short": "<u2", "signed short": "<i2"}
    label = np.frombuffer(values, kinds[fields["type"]])
    label = label.reshape([int(v) for v in fields["sizes"].split()][::-1]) > 0
    links = {one["series_instance_uid"]: one for one in shown["segments"][0]["masks"]}
    images = sorted(
        (o for o in objects.values() if o.Modality == "CT" and "ImagePositionPatient" in o),
        key=lambda image: float(image.ImagePositionPatient[2]),
    )
    drawn = door.mask(links[images[0].SeriesInstanceUID]["mask_url"])
    for image, plane in zip(images, label, strict=True):
        shown_plane = drawn.get((str(image.SOPInstanceUID), 1), np.zeros(plane.shape, np.uint8))
        assert np.array_equal(shown_plane > 0, plane)


def rounded(position: Any) -> tuple[float, ...]:
    """Writers differ in the last digit: 63.8 here, 63.799999 there."""
    return tuple(round(float(value), 3) for value in position)


def test_ucsf_breast_map_without_references_finds_its_sagittal_images(db: None) -> None:
    """Fractional, no word about its source, frames from right to left: geometry is exact."""
    folder = data_folder("07-")
    team, objects = open_case(folder)
    door = Door(team)
    (shown,) = door.list()
    codes = {problem["code"] for problem in shown["problems"]}
    assert codes == {"placed_by_geometry", "fraction_threshold"}
    original = objects[shown["sop_instance_uid"]]
    (link,) = shown["segments"][0]["masks"]
    drawn = door.mask(link["mask_url"])
    least = (int(original.MaximumFractionalValue) + 1) // 2
    frames = {
        rounded(group.PlanePositionSequence[0].ImagePositionPatient): plane >= least
        for group, plane in zip(
            original.PerFrameFunctionalGroupsSequence, original.pixel_array, strict=True
        )
    }
    for uid, image in objects.items():
        if image.Modality != "SEG":
            plane = frames[rounded(image.ImagePositionPatient)]
            assert np.array_equal(drawn.get((uid, 1), np.zeros_like(plane)), plane)
    assert drawn


def test_highdicom_single_frame_on_its_ct(db: None) -> None:
    team, objects = open_case(data_folder("12-"))
    door = Door(team)
    shown = {one["sop_instance_uid"]: one for one in door.list() if one["segments"][0]["masks"]}
    assert len(shown) == 1
    (uid,) = shown
    assert shown[uid]["segments"][0]["unreviewed"] is True
    assert_equals_highdicom(door, shown[uid], objects[uid])


@pytest.mark.parametrize("name", ["liver_deflate.dcm", "liver_nonbyte_aligned_rle.dcm"])
def test_single_bits_in_a_packed_syntax_are_refused_by_name(tmp_path: Path, name: str) -> None:
    """No decoder here reads them; better said than drawn wrong."""
    path = data_folder("14-") / name
    pool = ParserPool(size=1)
    try:
        outcome = pool.unpack_segments(
            source=path, offset=0, length=path.stat().st_size, prefix=tmp_path / "p"
        )
    finally:
        pool.close()
    assert (outcome.summary, outcome.code) == (None, "unsupported_transfer_syntax")
    assert list(tmp_path.iterdir()) == []
