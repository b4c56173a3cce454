"""Uploads in pieces: resumed where they broke off, and a person's word on whose images they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core.exceptions import Conflict, DomainError, Forbidden, InvalidInput, NotVisible
from apps.imaging import services
from apps.imaging.archive.layout import spool_directory
from apps.imaging.choices import FileVerdict, ImportState
from apps.imaging.models import CaseStudy, Import, Instance
from apps.imaging.services import AnnouncedFile, process_import, uploading
from apps.imaging.sweeper import end_stale_imports
from tests.apps.imaging.dicom import make_series
from tests.apps.imaging.test_importing import patient_fields
from tests.people import CaseTeam, make_case_team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


def announce(objects: Sequence[bytes]) -> list[AnnouncedFile]:
    return [
        AnnouncedFile(name=f"CD/{n:04d}.dcm", size_bytes=len(raw), modified_ms=1_700_000_000_000)
        for n, raw in enumerate(objects)
    ]


def upload(team: CaseTeam, objects: Sequence[bytes], *, who: str = "coordinator") -> Import:
    actor = team.actor(who)
    parent = services.open_upload(actor=actor, case_id=team.case_id, files=announce(objects))
    services.receive_piece(actor=actor, import_id=parent.pk, offset=0, content=b"".join(objects))
    return parent


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def verdicts(parent: Import) -> list[str]:
    return list(parent.files.values_list("verdict", flat=True))


# --- pieces ------------------------------------------------------------------------------------


def test_pieces_of_any_size_become_the_files_they_were_announced_as(team: CaseTeam) -> None:
    objects = [*make_series(count=3, **patient_fields(team)), b"", b"readme"]
    actor, content = team.actor("coordinator"), b"".join(objects)
    parent = services.open_upload(actor=actor, case_id=team.case_id, files=announce(objects))
    for offset in range(0, len(content), 777):
        assert parent.state == ImportState.RECEIVING
        parent = services.receive_piece(
            actor=actor,
            import_id=parent.pk,
            offset=offset,
            content=content[offset : offset + 777],
        )
    assert (parent.state, parent.received_bytes) == (ImportState.PENDING, len(content))
    process_import(import_id=parent.pk)
    codes = list(parent.files.values_list("verdict", "code"))
    assert codes == [("stored", "")] * 3 + [("rejected", "empty"), ("rejected", "not_dicom")]
    assert Instance.objects.count() == 3
    assert not list((Path(settings.ARCHIVE_ROOT) / "spool").glob("*"))


def test_a_piece_twice_or_out_of_order_is_told_where_to_go_on(team: CaseTeam) -> None:
    actor = team.actor("coordinator")
    parent = services.open_upload(
        actor=actor, case_id=team.case_id, files=[AnnouncedFile(name="a", size_bytes=10)]
    )
    services.receive_piece(actor=actor, import_id=parent.pk, offset=0, content=b"abcd")
    for offset in (0, 3, 5, 9):
        with pytest.raises(DomainError) as refused:
            services.receive_piece(actor=actor, import_id=parent.pk, offset=offset, content=b"x")
        assert refused.value.error_code == "offset_mismatch"
        assert refused.value.details == {"offset": 4}
    with pytest.raises(InvalidInput) as more:
        services.receive_piece(actor=actor, import_id=parent.pk, offset=4, content=b"efghijk")
    assert more.value.error_code == "more_than_announced"
    services.receive_piece(actor=actor, import_id=parent.pk, offset=4, content=b"efghij")
    assert (spool_directory(parent.pk) / uploading.STREAM).read_bytes() == b"abcdefghij"
    with pytest.raises(Conflict) as over:
        services.receive_piece(actor=actor, import_id=parent.pk, offset=10, content=b"")
    assert over.value.error_code == "upload_over"


def test_tus_over_http(team: CaseTeam) -> None:
    """HEAD and PATCH as tus 1.0 names them; the offset survives the process."""
    client = sign_in(team, "radiologist")
    objects = make_series(count=2, **patient_fields(team))
    files = [{"name": one.name, "size_bytes": one.size_bytes} for one in announce(objects)]
    made = client.post(
        "/api/imports/uploads",
        {"case": str(team.case_id), "files": files},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    where = made["Location"]
    content, kind = b"".join(objects), "application/offset+octet-stream"
    first = client.patch(where, content[:500], content_type=kind, headers={"Upload-Offset": "0"})
    assert (first.status_code, first["Upload-Offset"]) == (204, "500")
    asked = client.head(where)
    assert (asked["Upload-Offset"], asked["Tus-Resumable"]) == ("500", "1.0.0")
    nothing = client.patch(where, b"", content_type=kind, headers={"Upload-Offset": "500"})
    assert nothing.status_code == 204
    again = client.patch(where, content[:500], content_type=kind, headers={"Upload-Offset": "0"})
    assert (again.status_code, again.json()["details"]) == (409, {"offset": 500})
    assert client.patch(where, b"x", content_type=kind).json()["code"] == "offset_required"
    rest = client.patch(where, content[500:], content_type=kind, headers={"Upload-Offset": "500"})
    assert rest["Upload-Offset"] == str(len(content))
    process_import(import_id=made.json()["id"])
    shown = client.get(f"/api/imports/{made.json()['id']}").json()
    assert [one["verdict"] for one in shown["files"]] == ["stored", "stored"]


def test_a_file_that_cannot_be_read_is_left_out_by_name(team: CaseTeam) -> None:
    objects = make_series(count=3, **patient_fields(team))
    actor = team.actor("coordinator")
    parent = services.open_upload(actor=actor, case_id=team.case_id, files=announce(objects))
    with pytest.raises(DomainError) as early:
        services.omit_file(actor=actor, import_id=parent.pk, position=1)
    assert early.value.error_code == "offset_mismatch"
    half = objects[0] + objects[1][:100]
    services.receive_piece(actor=actor, import_id=parent.pk, offset=0, content=half)
    parent = services.omit_file(actor=actor, import_id=parent.pk, position=1)
    services.receive_piece(
        actor=actor, import_id=parent.pk, offset=parent.received_bytes, content=objects[2]
    )
    process_import(import_id=parent.pk)
    assert list(parent.files.values_list("verdict", "code")) == [
        ("stored", ""),
        ("rejected", uploading.UNREADABLE),
        ("stored", ""),
    ]


def test_bytes_that_power_took_away_are_lost_and_not_made_up(team: CaseTeam) -> None:
    objects = make_series(count=2, **patient_fields(team))
    parent = upload(team, objects)
    os.truncate(spool_directory(parent.pk) / uploading.STREAM, len(objects[0]) + 5)
    process_import(import_id=parent.pk)
    assert list(parent.files.values_list("code", flat=True)) == ["", "lost"]


def test_limits_are_said_before_a_byte_comes(
    team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = team.actor("coordinator")

    def refused(*files: AnnouncedFile) -> str:
        with pytest.raises(DomainError) as error:
            services.open_upload(actor=actor, case_id=team.case_id, files=files)
        return error.value.error_code

    assert refused() == "no_files"
    assert refused(AnnouncedFile(name="a", size_bytes=uploading.TOTAL_BYTES + 1)) == "too_large"
    monkeypatch.setattr(uploading, "FILES", 1)
    assert refused(*[AnnouncedFile(name="a", size_bytes=1)] * 2) == "too_many_files"
    monkeypatch.setattr(uploading, "FREE_DISK_BYTES", 2**60)
    assert refused(AnnouncedFile(name="a", size_bytes=1)) == "storage_full"
    monkeypatch.undo()
    monkeypatch.setattr(uploading, "OPEN_UPLOADS", 1)
    services.open_upload(
        actor=actor, case_id=team.case_id, files=[AnnouncedFile(name="a", size_bytes=1)]
    )
    assert refused(AnnouncedFile(name="a", size_bytes=1)) == "too_many_uploads"


@pytest.mark.parametrize("who", ["surgeon", "trainee", "consultant"])
def test_who_may_not_import_uploads_nothing(team: CaseTeam, who: str) -> None:
    with pytest.raises(Forbidden):
        upload(team, [b"x"], who=who)
    assert not Import.objects.exists()


def test_an_upload_is_its_owners_alone(team: CaseTeam) -> None:
    actor, other = team.actor("coordinator"), team.actor("radiologist")
    parent = services.open_upload(actor=actor, case_id=team.case_id, files=announce([b"abc"]))
    for act in (
        lambda: services.receive_piece(actor=other, import_id=parent.pk, offset=0, content=b"abc"),
        lambda: services.omit_file(actor=other, import_id=parent.pk, position=0),
        lambda: services.cancel_upload(actor=other, import_id=parent.pk),
    ):
        with pytest.raises(NotVisible):
            act()
    assert [one["id"] for one in open_imports(team, "coordinator")] == [str(parent.pk)]
    assert open_imports(team, "radiologist") == []
    assert sign_in(team, "surgeon").get(f"/api/imports?case={team.case_id}").status_code == 403
    assert sign_in(team, "outsider").get(f"/api/imports?case={team.case_id}").status_code == 404


def open_imports(team: CaseTeam, who: str) -> list[dict[str, Any]]:
    answer = sign_in(team, who).get(f"/api/imports?case={team.case_id}")
    return list(answer.json()["results"])


def test_a_discarded_or_forgotten_upload_leaves_nothing(team: CaseTeam) -> None:
    actor = team.actor("coordinator")
    parents = [
        services.open_upload(actor=actor, case_id=team.case_id, files=announce([b"abc"]))
        for _ in range(2)
    ]
    for parent in parents:
        services.receive_piece(actor=actor, import_id=parent.pk, offset=0, content=b"ab")
    services.cancel_upload(actor=actor, import_id=parents[0].pk)
    Import.objects.filter(pk=parents[1].pk).update(updated_at=timezone.now() - timedelta(hours=25))
    assert end_stale_imports() == 1
    states = set(Import.objects.values_list("state", flat=True))
    assert states == {ImportState.CANCELLED}
    assert not list((Path(settings.ARCHIVE_ROOT) / "spool").glob("*"))
    assert AuditEntry.objects.filter(action="import.cancelled").count() == 1


# --- whose images? -----------------------------------------------------------------------------

REASON = "The number changed when the hospitals merged."


def mixed(team: CaseTeam) -> Import:
    """Two files of the case's patient, three that name somebody else, one of a third."""
    own = make_series(count=2, **patient_fields(team))
    foreign = make_series(count=3, patient_id="ELSEWHERE-1", name="Doe^Jane")
    third = make_series(count=1, patient_id="ELSEWHERE-2", name="Roe^Richard", sex="M")
    parent = upload(team, own + foreign + third, who="radiologist")
    process_import(import_id=parent.pk)
    parent.refresh_from_db()
    return parent


def test_files_of_another_patient_wait_for_a_word_and_are_not_sent_again(team: CaseTeam) -> None:
    parent = mixed(team)
    assert parent.state == ImportState.WAITING
    assert verdicts(parent) == ["stored"] * 2 + ["held"] * 4
    assert Instance.objects.count() == 2
    assert len(list(spool_directory(parent.pk).iterdir())) == 4
    first, second = (one["key"] for one in parent.mismatches)
    (waiting,) = open_imports(team, "coordinator")
    assert (waiting["state"], waiting["held_count"]) == ("waiting", 4)
    client = sign_in(team, "coordinator")
    answer = client.post(
        f"/api/imports/{parent.pk}/reconcile",
        {"key": first, "same_patient": True, "reason": REASON},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    process_import(import_id=parent.pk)
    parent.refresh_from_db()
    assert parent.state == ImportState.WAITING
    assert verdicts(parent) == ["stored"] * 5 + ["held"]
    link = CaseStudy.objects.exclude(mismatch_reason="").get()
    assert (link.mismatch_reason, link.linked_by_id) == (REASON, team.people["coordinator"].pk)
    services.reconcile_import(
        actor=team.actor("radiologist"), import_id=parent.pk, key=second, same_patient=False
    )
    parent.refresh_from_db()
    assert parent.state == ImportState.DONE
    assert verdicts(parent) == ["stored"] * 5 + ["rejected"]
    assert not list((Path(settings.ARCHIVE_ROOT) / "spool").glob("*"))
    said = AuditEntry.objects.filter(action="import.reconciled")
    assert {one.details["same_patient"]: one.details["files"] for one in said} == {
        True: 3,
        False: 1,
    }


def test_only_a_coordinator_with_a_reason_confirms(team: CaseTeam) -> None:
    parent = mixed(team)
    key = parent.mismatches[0]["key"]

    def confirm(who: str, **options: Any) -> str:
        with pytest.raises(DomainError) as refused:
            services.reconcile_import(
                actor=team.actor(who), import_id=parent.pk, same_patient=True, **options
            )
        return refused.value.error_code

    assert confirm("radiologist", key=key, reason=REASON) == "forbidden"
    assert confirm("surgeon", key=key, reason=REASON) == "forbidden"
    assert confirm("outsider", key=key, reason=REASON) == "not_found"
    assert confirm("coordinator", key=key, reason="yes") == "reason_too_short"
    assert confirm("coordinator", key="0" * 16, reason=REASON) == "import_not_waiting"
    assert verdicts(parent).count(FileVerdict.HELD) == 4


def test_a_question_nobody_answers_ends_in_rejection(team: CaseTeam) -> None:
    parent = mixed(team)
    Import.objects.filter(pk=parent.pk).update(updated_at=timezone.now() - timedelta(days=15))
    assert end_stale_imports() == 1
    parent.refresh_from_db()
    assert parent.state == ImportState.DONE
    assert verdicts(parent) == ["stored"] * 2 + ["rejected"] * 4
