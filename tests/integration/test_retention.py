"""The archive's budget: what leaves, what never does, and how it comes back as it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.annotations import services as annotations
from apps.annotations.services import Drawing
from apps.boards import services as boards
from apps.core.exceptions import Unavailable
from apps.imaging import archive, keeper, selectors, services
from apps.imaging.archive.layout import archive_root, series_directory
from apps.imaging.archive.place import series_store
from apps.imaging.choices import JobState
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.models import IngestJob, Instance, Series
from apps.imaging.pixels import app as pixel_module
from apps.imaging.pixels import guard as guard_module
from apps.imaging.services import retention
from apps.imaging.volumes import open_volume
from apps.live.services import open_ad_hoc_session
from tests.apps.imaging.dicom import make_series, make_slice, to_bytes, write_files
from tests.integration.pacs_scene import Scene
from tests.integration.test_orthanc_ingest import run_queued
from tests.people import SYSTEM
from tests.pixel_client import fetch, mint

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.orthanc,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture(autouse=True)
def fresh_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    guard = guard_module.TicketGuard()
    monkeypatch.setattr(pixel_module, "guard", guard)
    yield
    guard.stop()


def sign_in(scene: Scene, who: str) -> Client:
    client = Client()
    client.force_login(scene.team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def put_on_agenda(scene: Scene) -> None:
    coordinator = scene.team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    start = timezone.now() + timedelta(days=20)
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=scene.team.case_id)


def open_room(scene: Scene) -> None:
    open_ad_hoc_session(actor=scene.team.actor("chair"), case_id=scene.team.case_id)


def start_ingest(scene: Scene) -> None:
    IngestJob.objects.create(study_id=scene.study_id, state=JobState.RUNNING)


def use_now(scene: Scene) -> None:
    retention.note_need(study_id=scene.study_id)


def switch_off(scene: Scene) -> None:
    services.update_connection(actor=SYSTEM, pacs_id=scene.pacs.pk, changes={"is_active": False})


def own_an_object(scene: Scene) -> None:
    for series in Series.objects.all():
        Instance.objects.filter(pk=series.instances.first().pk).update(  # type: ignore[union-attr]
            source_state="ours"
        )


PINS: dict[str, Callable[[Scene], None]] = {
    "on the agenda of a coming meeting": put_on_agenda,
    "in a live session": open_room,
    "an ingest is running": start_ingest,
    "opened a moment ago": use_now,
    "its PACS is switched off": switch_off,
    "holds an object that no PACS holds": own_an_object,
}


@pytest.mark.parametrize("why", PINS)
def test_what_is_pinned_never_leaves(scene: Scene, settings: Any, why: str) -> None:
    scene.forget()
    PINS[why](scene)
    settings.ARCHIVE_BUDGET_BYTES = 1
    assert retention.enforce_budget() > 0
    assert not Series.objects.filter(evicted_at__isnull=False).exists()
    assert all(series_store().exists(one.archive_key) for one in Series.objects.all())


def test_the_least_recently_needed_leaves_first_and_no_more_than_needed(
    scene: Scene, settings: Any
) -> None:
    scene.forget()
    newer = timezone.now() - timedelta(days=2)
    Series.objects.filter(pk=scene.series(0).pk).update(needed_at=newer)
    settings.ARCHIVE_BUDGET_BYTES = retention.used_bytes() - 1
    assert retention.enforce_budget() == 0
    assert scene.series(0).evicted_at is None
    assert scene.series(1).evicted_at is not None
    assert retention.used_bytes() <= settings.ARCHIVE_BUDGET_BYTES
    assert not series_directory(scene.series(1).archive_key).exists()
    assert scene.counts() == ("incomplete", 3, 6)


def test_what_is_derived_leaves_first(scene: Scene, settings: Any) -> None:
    scene.forget()
    open_volume(series_id=scene.series().pk)
    settings.ARCHIVE_BUDGET_BYTES = retention.used_bytes() - 1
    assert retention.enforce_budget() == 0
    assert list((archive_root() / "volumes").glob("*.f32")) == []
    assert not Series.objects.filter(evicted_at__isnull=False).exists()


def test_uploads_are_never_evicted(scene: Scene, settings: Any, tmp_path: Any) -> None:
    uploaded = make_series(count=2, **scene.fields("1.2.3.4", study_uid="1.2.3"))
    write_files(tmp_path / "in", uploaded)
    services.import_files(actor=SYSTEM, case_id=scene.team.case_id, paths=[tmp_path / "in"])
    scene.forget()
    settings.ARCHIVE_BUDGET_BYTES = 1
    retention.enforce_budget()
    kept = Series.objects.filter(evicted_at__isnull=True)
    assert [one.series_instance_uid for one in kept] == ["1.2.3.4"]


def test_evicted_and_back_everything_is_what_it_was(scene: Scene) -> None:
    series, client = scene.series(), sign_in(scene, "radiologist")
    instance = series.instances.order_by("index")[1]
    length = Drawing(
        kind="length",
        study_instance_uid=scene.study_uid,
        series_instance_uid=series.series_instance_uid,
        sop_instance_uid=instance.sop_instance_uid,
        frame_of_reference_uid=series.frame_of_reference_uid,
        points_lps=[(-8.0, -19.0, 2.0), (-4.0, -19.0, 2.0)],
    )
    surgeon = scene.team.actor("surgeon")
    drawn = annotations.put_measurement(actor=surgeon, case_id=scene.team.case_id, drawing=length)
    url = f"/api/cases/{scene.team.case_id}/studies"
    ticket = mint(client, case_id=scene.team.case_id, study_uid=scene.study_uid)
    base = next(
        one["base_url"]
        for one in ticket["series"]
        if one["series_instance_uid"] == series.series_instance_uid
    )
    path = f"{base}/instances/{instance.sop_instance_uid}/frames/1"
    before = fetch(path, ticket["headers"])
    assert before.status_code == 200
    scene.forget()

    assert services.evict_series(series_id=series.pk) == series.stored_bytes
    archive.reader._open_series._held.clear()  # as seconds later, or in another process
    (shown,) = client.get(url).json()["results"]
    flags = {one["series_instance_uid"]: one["is_evicted"] for one in shown["series"]}
    assert flags[series.series_instance_uid] is True
    assert sum(flags.values()) == 1
    refused = fetch(path, ticket["headers"])
    assert (refused.status_code, refused.json()["code"]) == (409, "series_evicted")
    assert fetch(path.replace(base[-6:], "000000"), ticket["headers"]).status_code == 404
    with pytest.raises(SeriesEvicted):
        selectors.read_poses(series_id=series.pk)
    with pytest.raises(SeriesEvicted):
        annotations.put_measurement(actor=surgeon, case_id=scene.team.case_id, drawing=length)
    thumbnail = client.get(f"{url}/{scene.study_uid}/series/{series.series_instance_uid}/thumbnail")
    assert (thumbnail.status_code, thumbnail.json()["code"]) == (409, "series_evicted")

    assert keeper.recall_wanted() == 1
    assert keeper.recall_wanted() == 0
    run_queued()
    after = fetch(path, ticket["headers"])
    assert after.status_code == 200
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    again = scene.series()
    assert (again.pk, again.archive_key, again.content_sha256) == (
        series.pk,
        series.archive_key,
        series.content_sha256,
    )
    assert scene.codes() == []
    assert archive.open_series(again.archive_key).verify() == []
    drawn.refresh_from_db()
    assert drawn.sop_instance_uid == instance.sop_instance_uid
    annotations.put_measurement(actor=surgeon, case_id=scene.team.case_id, drawing=length)
    assert scene.counts() == ("complete", 6, 6)


def test_opening_an_evicted_study_is_what_fetches_it(scene: Scene) -> None:
    scene.forget()
    for series in Series.objects.all():
        services.evict_series(series_id=series.pk)
    assert scene.counts() == ("incomplete", 0, 6)
    answer = sign_in(scene, "surgeon").post(
        f"/api/cases/{scene.team.case_id}/studies/{scene.study_uid}/ticket"
    )
    assert answer.status_code == 200
    assert keeper.recall_wanted() == 1
    run_queued()
    assert scene.counts() == ("complete", 6, 6)


def test_reading_goes_on_while_the_series_is_evicted(scene: Scene) -> None:
    series = scene.series()
    reader = archive.open_series(series.archive_key)
    uids = [one["sop_instance_uid"] for one in reader.instances]
    first = [reader.read_frame(uid, 1) for uid in uids]
    scene.forget()
    assert services.evict_series(series_id=series.pk) > 0
    assert not series_store().exists(series.archive_key)
    assert [reader.read_frame(uid, 1) for uid in uids] == first
    print(f"{len(uids)} frames read after eviction from open descriptors: equal")


def test_need_is_written_seldom(scene: Scene, django_assert_num_queries: Any) -> None:
    scene.forget()
    retention.note_need(study_id=scene.study_id)
    written = scene.series().needed_at
    for _ in range(20):
        retention.note_need(study_id=scene.study_id)
    assert scene.series().needed_at == written
    with django_assert_num_queries(2):
        retention.note_need(study_id=scene.study_id)


def test_no_room_is_said_before_the_first_byte(
    scene: Scene, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ARCHIVE_BUDGET_BYTES = retention.used_bytes() + 10  # all of it opened just now
    with pytest.raises(Unavailable) as refused:
        retention.make_room(study_id=scene.study_id, objects=100)
    assert refused.value.error_code == "archive_budget"
    open_room(scene)  # what a meeting needs may exceed the budget, not the disk
    retention.make_room(study_id=scene.study_id, objects=100)
    full = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(retention.shutil, "disk_usage", lambda path: full)
    for series in Series.objects.all():
        series_store().delete(series.archive_key)
    services.retry_ingest(actor=SYSTEM, case_id=scene.team.case_id, study_id=scene.study_id)
    run_queued()
    job = IngestJob.objects.order_by("-created_at").first()
    assert job is not None
    assert (job.state, job.error_code) == (JobState.FAILED, "storage_full")


def test_a_series_that_grew_leaves_its_former_version_a_day_later(scene: Scene) -> None:
    former = scene.series().archive_key
    scene.orthanc.store(to_bytes(make_slice(index=3, **scene.fields(scene.series_uids[0]))))
    scene.check()
    run_queued()
    assert scene.series().archive_key != former
    assert retention.tidy()["superseded"] == 0
    assert series_store().exists(former)
    long_ago = timezone.now().timestamp() - 2 * retention.SUPERSEDED_KEPT_S
    os.utime(series_directory(former), (long_ago, long_ago))
    assert retention.tidy()["superseded"] == 1
    assert not series_store().exists(former)


def test_files_lost_behind_the_indexs_back_come_back_with_the_next_fetch(scene: Scene) -> None:
    series = scene.series()
    series_store().delete(series.archive_key)
    services.retry_ingest(actor=SYSTEM, case_id=scene.team.case_id, study_id=scene.study_id)
    run_queued()
    assert scene.series().archive_key == series.archive_key
    assert archive.SeriesArchive(series.archive_key).verify() == []


def test_a_series_published_while_it_is_evicted_stays(scene: Scene) -> None:
    """Between the index's word and the files' leaving somebody fetched it again."""
    scene.forget()
    series = scene.series()
    Series.objects.filter(pk=series.pk).update(evicted_at=timezone.now())
    services.retry_ingest(actor=SYSTEM, case_id=scene.team.case_id, study_id=scene.study_id)
    run_queued()
    retention._drop_files(study_id=scene.study_id, series_id=series.pk)
    assert scene.series().evicted_at is None
    assert series_store().exists(series.archive_key)
