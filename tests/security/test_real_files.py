"""Every real file of the shared data: the verdict written for it, and its pixels as pydicom's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pydicom
import pytest
from django.conf import LazySettings

from apps.imaging import archive
from apps.imaging.archive.pixels import decode_frame
from apps.imaging.models import Series
from apps.imaging.parsing import ParserPool, side_file
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import SHARED_DATA, data_folder
from tests.people import make_case_team
from tests.security.test_dicom_files import HOSTILE_LIMIT_S, cpu_s

#: Per set: how many files got which verdict; for the odd sets also which file which.
EXPECTED = json.loads(Path(__file__).with_name("real_files.json").read_text("utf-8"))
#: What an import says of geometry, by set: these series are odd in exactly this way.
ODD_GEOMETRY = {
    "08-": [{"multiple_volumes"}],
    "16-": [set(), {"gantry_tilt"}, {"missing_slices"}],
}
#: Sets with one series whose window is written in stored values; all others are believed.
ODD_WINDOWS = {"07-"}


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    pool = ParserPool(size=1, timeout_s=100.0)
    yield pool
    pool.close()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("prefix", EXPECTED)
def test_every_file_gets_the_verdict_written_for_it(
    prefix: str, pool: ParserPool, tmp_path: Path
) -> None:
    folder = data_folder(prefix)
    found: Counter[str] = Counter()
    for number, path in enumerate(_files(folder)):
        before = cpu_s(pool)
        outcome = pool.parse(source=path, prefix=tmp_path / f"{number}")
        if number:  # the first file pays for starting the child
            assert cpu_s(pool) - before < HOSTILE_LIMIT_S, path.name
        verdict = outcome.code
        if outcome.summary is not None:
            problem = outcome.summary["problem"]
            verdict = outcome.summary["kind"] + (f":{problem[0]}" if problem else "")
            orjson.loads(side_file(tmp_path / f"{number}", "meta").read_bytes())
        found[verdict] += 1
        name = str(path.relative_to(folder))
        assert verdict == EXPECTED[prefix].get("files", {}).get(name, verdict), name
    assert found == EXPECTED[prefix]["verdicts"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prefix", EXPECTED)
def test_every_image_series_displays_or_says_why_it_cannot(
    prefix: str, tmp_path: Path, settings: LazySettings
) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    team = make_case_team()
    import_files(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        paths=[data_folder(prefix)],
        mismatch_reason="Public data set, imported into a test case.",
    )
    odd = []
    for series in Series.objects.all():
        published = archive.open_series(series.archive_key)
        assert published.verify() == []
        codes = {warning["code"] for warning in series.warnings}
        shown = [one for one in published.instances if one["frames"]]
        unshown = [one for one in published.instances if one["problem"]]
        if shown:
            assert published.thumbnail(), series
            assert published.decode(shown[0]["sop_instance_uid"]).size
        if unshown:
            assert "pixels_undecodable" in codes, series
        if shown:
            assert series.geometry["is_volume"] or series.geometry["refusal"], series
            odd.append(codes)
    assert sum("window_not_usable" in codes for codes in odd) == (prefix in ODD_WINDOWS)
    if prefix in ODD_GEOMETRY:
        assert sorted(odd, key=sorted) == sorted(ODD_GEOMETRY[prefix], key=sorted)


@pytest.mark.slow
def test_every_pixel_that_pydicom_decodes_comes_back_equal(
    pool: ParserPool, tmp_path: Path
) -> None:
    data_folder("01-")  # skips by name where the data is absent
    compared = undecodable = 0
    for path in _files(SHARED_DATA):
        outcome = pool.parse(source=path, prefix=tmp_path / "x")
        if outcome.summary is None or (
            not outcome.summary["poses"] and not outcome.summary["problem"]
        ):
            continue
        summary = outcome.summary
        if summary["problem"]:
            undecodable += 1
            with pytest.raises(Exception):  # noqa: B017 - pydicom says no in many ways
                _ = pydicom.dcmread(path).pixel_array
            continue
        expected = pydicom.dcmread(path).pixel_array
        blob = side_file(tmp_path / "x", "frames").read_bytes()
        frames = [
            decode_frame(
                blob[one["offset"] : one["offset"] + one["length"]],
                transfer_syntax_uid=one["transfer_syntax_uid"],
                rows=summary["rows"],
                columns=summary["columns"],
                samples=summary["samples"],
                dtype=summary["dtype"],
            )
            for one in summary["frames"]
        ]
        actual = frames[0] if len(frames) == 1 else np.stack(frames)
        assert np.array_equal(actual, expected), path.name
        compared += 1
        side_file(tmp_path / "x", "frames").unlink()
    print(f"images equal to pydicom's: {compared}; decoded by neither: {undecodable}")
    assert compared > 700
