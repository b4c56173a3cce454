"""Files from outside: one verdict each, the good ones stored, nothing partial."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from pydicom.fileset import FileSet
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.core.exceptions import Forbidden, NotVisible
from apps.imaging import archive, selectors
from apps.imaging.choices import FileVerdict, ImportState, StudyState
from apps.imaging.models import CaseStudy, Import, Instance, Series, Study
from apps.imaging.services import import_files, open_import, process_import
from apps.imaging.volumes import open_volume
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes, write_files
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db(transaction=True)


def verdicts(parent: Import) -> dict[str, tuple[str, str]]:
    return {file.name: (file.verdict, file.code) for file in parent.files.all()}


def patient_fields(team: CaseTeam) -> dict[str, str]:
    patient = team.case.patient
    return {
        "patient_id": patient.patient_id,
        "birth_date": patient.birth_date.strftime("%Y%m%d"),
        "sex": patient.sex,
    }


def bring(team: CaseTeam, folder: Path, **options: str) -> Import:
    return import_files(
        actor=team.actor("coordinator"), case_id=team.case_id, paths=[folder], **options
    )


def test_a_folder_becomes_a_study_of_the_case(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=6, **patient_fields(team))
    write_files(tmp_path / "in", objects)
    parent = bring(team, tmp_path / "in")
    assert parent.state == ImportState.DONE
    assert {verdict for verdict, _ in verdicts(parent).values()} == {FileVerdict.STORED}
    (study,) = selectors.list_case_studies(actor=team.actor("radiologist"), case_id=team.case_id)
    assert study.row.state == StudyState.READY
    (series,) = study.series
    assert (series.row.instance_count, series.row.frame_count) == (6, 6)
    assert series.row.warnings == []
    published = selectors.open_published(series.row)
    for raw in objects:
        dataset = read_bytes(raw)
        assert np.array_equal(published.decode(dataset.SOPInstanceUID), dataset.pixel_array)
    assert published.verify() == []


def test_slices_are_indexed_along_the_normal_not_by_number(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=5, **patient_fields(team))
    write_files(tmp_path / "in", list(reversed(objects)))
    bring(team, tmp_path / "in")
    stored = list(Instance.objects.order_by("index").values_list("sop_instance_uid", flat=True))
    assert stored == [read_bytes(raw).SOPInstanceUID for raw in objects]


def test_the_original_comes_back_byte_for_byte_but_for_the_preamble(
    team: CaseTeam, tmp_path: Path
) -> None:
    (raw,) = make_series(count=1, **patient_fields(team))
    armed = b"MZ" + b"\x90" * 126 + raw[128:]
    write_files(tmp_path / "in", [armed])
    bring(team, tmp_path / "in")
    instance = Instance.objects.get()
    assert archive.read_original(instance_id=instance.pk) == bytes(128) + raw[128:]


def test_bad_files_are_listed_with_their_reason_and_the_good_ones_stored(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team)
    study_uid, series_uid = generate_uid(), generate_uid()
    objects = make_series(count=4, study_uid=study_uid, series_uid=series_uid, **fields)
    folder = tmp_path / "in"
    write_files(folder, objects)
    (folder / "a_copy.dcm").write_bytes(objects[0])
    (folder / "cut.dcm").write_bytes(
        to_bytes(make_slice(study_uid=study_uid, series_uid=series_uid, index=9, **fields))[:-50]
    )
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "notes.txt").write_text("not dicom at all" * 20)
    wrong = fields | {"patient_id": "SOMEBODY-ELSE", "birth_date": "19991231"}
    (folder / "other.dcm").write_bytes(
        to_bytes(make_slice(study_uid=study_uid, series_uid=series_uid, index=10, **wrong))
    )
    found = verdicts(bring(team, folder))
    assert found["cut.dcm"] == ("rejected", "pixel_length_mismatch")
    assert found["empty.dcm"] == ("rejected", "empty")
    assert found["notes.txt"] == ("rejected", "not_dicom")
    assert found["other.dcm"] == ("rejected", "patient_mismatch")
    copies = [found["a_copy.dcm"], found["slice000.dcm"]]
    assert sorted(copies) == [("duplicate", "duplicate"), ("stored", "")]
    assert [found[f"slice00{n}.dcm"] for n in (1, 2, 3)] == [("stored", "")] * 3
    assert Instance.objects.count() == 4


def test_the_same_folder_again_is_all_duplicates_and_changes_nothing(
    team: CaseTeam, tmp_path: Path
) -> None:
    write_files(tmp_path / "in", make_series(count=3, **patient_fields(team)))
    bring(team, tmp_path / "in")
    key = Series.objects.get().archive_key
    again = bring(team, tmp_path / "in")
    assert {verdict for verdict, _ in verdicts(again).values()} == {FileVerdict.DUPLICATE}
    assert Series.objects.get().archive_key == key


def test_another_object_under_a_known_uid_is_refused(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=2, **patient_fields(team))
    write_files(tmp_path / "one", objects)
    bring(team, tmp_path / "one")
    forged = bytearray(objects[0])
    forged[-1] ^= 0xFF
    write_files(tmp_path / "two", [bytes(forged)])
    found = verdicts(bring(team, tmp_path / "two"))
    assert list(found.values()) == [("rejected", "conflicting_duplicate")]


def test_late_slices_join_their_series_under_a_new_key(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=6, **patient_fields(team))
    write_files(tmp_path / "one", objects[:4])
    bring(team, tmp_path / "one")
    first = Series.objects.get()
    ids = set(Instance.objects.values_list("pk", flat=True))
    write_files(tmp_path / "two", objects[4:])
    bring(team, tmp_path / "two")
    second = Series.objects.get()
    assert second.pk == first.pk
    assert second.archive_key != first.archive_key
    assert second.instance_count == 6
    assert ids < set(Instance.objects.values_list("pk", flat=True))
    assert archive.open_series(first.archive_key).verify() == []  # open viewers keep theirs
    assert open_volume(series_id=second.pk).voxels.shape[0] == 6


def test_a_study_of_another_patient_is_refused_with_both_identities(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"patient_id": "SOMEBODY-ELSE"}
    write_files(tmp_path / "in", make_series(count=2, name="Doe^Jane", **fields))
    parent = bring(team, tmp_path / "in")
    assert set(verdicts(parent).values()) == {("rejected", "patient_mismatch")}
    (mismatch,) = parent.mismatches
    assert mismatch["fields"] == ["patient_id"]
    assert mismatch["study_patient"]["patient_id"] == "SOMEBODY-ELSE"
    assert mismatch["case_patient"]["patient_id"] == team.case.patient.patient_id
    assert not Study.objects.exists()


def test_a_coordinator_may_confirm_a_mismatch_with_a_reason(team: CaseTeam, tmp_path: Path) -> None:
    fields = patient_fields(team) | {"patient_id": "OLD-NUMBER"}
    write_files(tmp_path / "in", make_series(count=2, **fields))
    bring(team, tmp_path / "in", mismatch_reason="Number before the hospitals merged")
    link = CaseStudy.objects.get()
    assert link.mismatch_reason == "Number before the hospitals merged"
    assert link.mismatch_details["fields"] == ["patient_id"]
    entry = AuditEntry.objects.get(action="study.linked")
    assert entry.details["mismatch_confirmed"] is True


def test_a_radiologist_may_import_but_not_confirm_a_mismatch(
    team: CaseTeam, tmp_path: Path
) -> None:
    write_files(tmp_path / "in", make_series(count=1, **patient_fields(team)))
    with pytest.raises(Forbidden):
        import_files(
            actor=team.actor("radiologist"),
            case_id=team.case_id,
            paths=[tmp_path / "in"],
            mismatch_reason="I know this patient well",
        )
    import_files(actor=team.actor("radiologist"), case_id=team.case_id, paths=[tmp_path / "in"])
    assert CaseStudy.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("surgeon", Forbidden),
        ("trainee", Forbidden),
        ("consultant", Forbidden),
        ("outsider", NotVisible),
    ],
)
def test_others_import_nothing(
    team: CaseTeam, tmp_path: Path, who: str, error: type[Exception]
) -> None:
    write_files(tmp_path / "in", make_series(count=1, **patient_fields(team)))
    with pytest.raises(error):
        import_files(actor=team.actor(who), case_id=team.case_id, paths=[tmp_path / "in"])
    assert not Import.objects.exists()


def test_a_name_alone_never_matches(team: CaseTeam, tmp_path: Path) -> None:
    fields = {"patient_id": "", "birth_date": "", "sex": ""}
    write_files(tmp_path / "in", make_series(count=1, name="Doe^Jane", **fields))
    assert set(verdicts(bring(team, tmp_path / "in")).values()) == {
        ("rejected", "patient_mismatch")
    }


def test_an_equal_number_of_an_unknown_hospital_needs_the_birth_date(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"birth_date": ""}
    write_files(tmp_path / "in", make_series(count=1, **fields))
    parent = bring(team, tmp_path / "in")
    assert parent.mismatches[0]["fields"] == ["issuer_unconfirmed"]


def test_a_zip_is_opened_and_its_names_are_no_paths(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=3, **patient_fields(team))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("../../../escaped.dcm", objects[0])
        zipped.writestr("/etc/absolute.dcm", objects[1])
        zipped.writestr("folder/readme.txt", "hello")
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as nested:
            nested.writestr("a.dcm", objects[2])
        zipped.writestr("inner.zip", inner.getvalue())
    source = tmp_path / "in"
    source.mkdir()
    (source / "outside.zip").write_bytes(packed.getvalue())
    found = verdicts(bring(team, source))
    assert found["outside.zip/../../../escaped.dcm"] == ("stored", "")
    assert found["outside.zip//etc/absolute.dcm"] == ("stored", "")
    assert found["outside.zip/folder/readme.txt"] == ("rejected", "not_dicom")
    assert found["outside.zip/inner.zip"] == ("rejected", "nested_zip")
    assert not list(tmp_path.rglob("escaped.dcm"))


def _disc(folder: Path, objects: list[bytes]) -> None:
    """A folder as a hospital burns it: DICOMDIR and the files it lists."""
    disc = FileSet()
    for raw in objects:
        one = read_bytes(raw)
        one.StudyID, one.AccessionNumber, one.SeriesNumber = "1", "", one.get("SeriesNumber", 1)
        disc.add(one)
    disc.write(folder)


def _said_of_disc(parent: Import) -> tuple[str, str]:
    (file,) = parent.files.filter(name="DICOMDIR")
    assert file.verdict == FileVerdict.REJECTED
    return file.code, file.reason


def test_a_disc_that_lacks_what_it_lists_is_not_taken_for_whole(
    team: CaseTeam, tmp_path: Path
) -> None:
    made = make_series(count=5, study_uid=generate_uid(), **patient_fields(team))
    _disc(tmp_path / "disc", made)
    images = sorted(path for path in (tmp_path / "disc").rglob("*") if path.name != "DICOMDIR")
    lost = [path for path in images if path.is_file()][:2]
    kept = {path: path.read_bytes() for path in lost}
    for path in lost:
        path.unlink()
    actor = team.actor("coordinator")
    first = import_files(actor=actor, case_id=team.case_id, paths=[tmp_path / "disc"])
    assert first.state == ImportState.DONE
    code, words = _said_of_disc(first)
    assert code == "disc_incomplete"
    assert "2 of the 5 objects" in words
    assert Instance.objects.count() == 3
    for path, raw in kept.items():
        path.write_bytes(raw)
    again = import_files(actor=actor, case_id=team.case_id, paths=[tmp_path / "disc"])
    assert _said_of_disc(again)[0] == "dicomdir"
    assert Instance.objects.count() == 5


def test_a_list_does_not_tell_what_other_cases_hold(team: CaseTeam, tmp_path: Path) -> None:
    other = make_case_team()
    theirs = make_series(count=2, study_uid=generate_uid(), **patient_fields(other))
    write_files(tmp_path / "theirs", theirs)
    import_files(
        actor=other.actor("coordinator"), case_id=other.case_id, paths=[tmp_path / "theirs"]
    )
    _disc(tmp_path / "disc", theirs)
    only_the_list = import_files(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        paths=[tmp_path / "disc" / "DICOMDIR"],
    )
    code, words = _said_of_disc(only_the_list)
    assert (code, "2 of the 2" in words) == ("disc_incomplete", True)


def test_an_upload_goes_through_the_same_path(team: CaseTeam) -> None:
    objects = make_series(count=3, **patient_fields(team))
    files = [(f"s{n}.dcm", io.BytesIO(raw)) for n, raw in enumerate(objects)]
    parent = open_import(actor=team.actor("coordinator"), case_id=team.case_id, files=files)
    assert parent.state == ImportState.PENDING
    process_import(import_id=parent.pk)
    parent.refresh_from_db()
    assert parent.state == ImportState.DONE
    assert Instance.objects.count() == 3
    process_import(import_id=parent.pk)  # delivered twice: nothing happens
    assert Import.objects.get().attempts == 1


def test_uploading_over_http(team: CaseTeam) -> None:
    client = Client()
    client.force_login(
        team.people["coordinator"], backend="django.contrib.auth.backends.ModelBackend"
    )
    objects = make_series(count=2, **patient_fields(team))
    files = [io.BytesIO(raw) for raw in objects]
    for number, file in enumerate(files):
        file.name = f"s{number}.dcm"  # type: ignore[attr-defined]
    answer = client.post("/api/imports", {"case": str(team.case_id), "files": files})
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert [file["verdict"] for file in body["files"]] == ["pending", "pending"]
    process_import(import_id=body["id"])
    shown = client.get(f"/api/imports/{body['id']}").json()
    assert [file["verdict"] for file in shown["files"]] == ["stored", "stored"]
    listed = client.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    assert listed[0]["series"][0]["frame_count"] == 2
    picture = client.get(listed[0]["series"][0]["thumbnail_url"])
    assert picture["Content-Type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")


def test_an_import_of_another_case_is_not_there(team: CaseTeam, tmp_path: Path) -> None:
    write_files(tmp_path / "in", make_series(count=1, **patient_fields(team)))
    parent = bring(team, tmp_path / "in")
    other = make_case_team()
    client = Client()
    client.force_login(
        other.people["coordinator"], backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(f"/api/imports/{parent.pk}").status_code == 404


@pytest.mark.parametrize(("sides", "side"), [("RR", "R"), ("RL", ""), ("R ", "")])
def test_a_series_has_a_side_only_where_all_its_images_have_it(
    team: CaseTeam, tmp_path: Path, sides: str, side: str
) -> None:
    uids = {"study_uid": generate_uid(), "series_uid": generate_uid()}
    objects = [
        make_slice(index=at, ImageLaterality=one.strip(), **uids, **patient_fields(team))
        for at, one in enumerate(sides)
    ]
    write_files(tmp_path / "in", [to_bytes(one) for one in objects])
    bring(team, tmp_path / "in")
    assert Series.objects.get().laterality == side
