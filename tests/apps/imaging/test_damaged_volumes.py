"""A volume whose images rotted on the disk is refused by name; a half-built one is litter."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from apps.imaging.archive.layout import series_directory, volume_directory
from apps.imaging.exceptions import NotAVolume
from apps.imaging.models import Series
from apps.imaging.services import leftovers
from apps.imaging.volumes import open_volume
from tests.apps.imaging.dicom import make_series, write_files
from tests.apps.imaging.test_importing import bring, patient_fields
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("left_bytes", [0, 1, 40])
def test_frames_that_cannot_be_decoded_are_a_named_refusal(
    team: CaseTeam, tmp_path: Path, left_bytes: int
) -> None:
    write_files(tmp_path / "in", make_series(count=3, **patient_fields(team)))
    bring(team, tmp_path / "in")
    series = Series.objects.get()
    frames = series_directory(series.archive_key) / "frames.bin"
    frames.write_bytes(frames.read_bytes()[:left_bytes])
    with pytest.raises(NotAVolume) as refused:
        open_volume(series_id=series.pk)
    assert refused.value.error_code == "pixels_unavailable"
    assert list(volume_directory().iterdir()) == []


def test_half_built_volumes_go_after_a_day(db: None) -> None:
    old, fresh = (volume_directory() / f"{name}.f32.x.draft" for name in ("old", "fresh"))
    whole = volume_directory() / "whole.f32"
    for path in (old, fresh, whole):
        path.write_bytes(b"voxels")
    long_ago = time.time() - 2 * leftovers.LITTER_AFTER_S
    for path in (old, whole):
        os.utime(path, (long_ago, long_ago))
    assert leftovers.delete_leftovers() == 1
    assert not old.exists()
    assert fresh.exists() and whole.exists(), "a fresh one may be under way, a whole one is in use"
