"""Drawn segmentations through the services: what stands, what is said, what is taken back."""

from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings

from apps.annotations.exceptions import ImageNotInCase
from apps.annotations.models import Segmentation, SegmentationChunk, SegmentationRevision
from apps.annotations.segmentations import services
from apps.annotations.segmentations.codes import SCHEME, SEGMENT_TYPES
from apps.annotations.segmentations.events import (
    SegmentationPut,
    SegmentationRemoved,
    SegmentationRevised,
)
from apps.annotations.segmentations.exceptions import (
    BadSegments,
    NoSuchStack,
    RevisionUnknown,
    SegmentationExists,
)
from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.annotations.segmentations.services import SegmentDraft
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.events import CaseEvent
from apps.core.exceptions import DomainError, Forbidden, NotVisible, StaleVersion, Unavailable
from apps.imaging.projection.vocabulary import meaning_of
from tests.painting import begin, block, paint, voxels
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import COLUMNS, ROWS, Scan, import_ct

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


def test_codes_and_meanings_are_the_published_ones() -> None:
    for kind in SEGMENT_TYPES.values():
        for term in (kind.term, kind.category):
            assert meaning_of(scheme=SCHEME, code=term.code) == term.meaning


def test_it_lies_on_the_images_of_its_stack_in_slice_order(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    assert segmentation.grid["frames"] == [[uid, 1] for uid in scan.slices]
    assert (segmentation.grid["rows"], segmentation.grid["columns"]) == (ROWS, COLUMNS)
    assert segmentation.grid["spacing_mm"] == pytest.approx([2.0, 0.8, 0.5])
    with pytest.raises(NoSuchStack):
        begin(team, scan, stack=2)
    other = make_case_team()
    with pytest.raises(ImageNotInCase):
        begin(other, scan)


def test_a_stroke_is_one_revision_one_event_one_audit_entry(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    segmentation = begin(team, scan)
    paint(team.actor("surgeon"), segmentation, {1: block((1, 3, 5))}, parent=0, first=(1, 10, 20))
    expected = np.zeros((3, ROWS, COLUMNS), dtype=bool)
    expected[1, 10:13, 20:25] = True
    np.testing.assert_array_equal(voxels(segmentation), expected)
    assert [type(event) for event in said] == [SegmentationPut, SegmentationRevised]
    assert said[1].payload() == {
        "segmentation": {"id": str(segmentation.pk), "version": 1, "revision": 1},
        "revision": 1,
        "parent": 0,
        "box": [1, 10, 20, 2, 13, 25],
        "segments": [1],
    }
    entry = AuditEntry.objects.get(action="segmentation.revised")
    assert (entry.case_id, entry.details["revision"]) == (team.case_id, 1)
    assert not SegmentationChunk.objects.exists()


def test_the_volume_is_voxels_times_the_volume_of_one(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    paint(team.actor("surgeon"), segmentation, {1: block((2, 10, 10))}, parent=0)
    fresh = Segmentation.objects.get(pk=segmentation.pk)
    (segment,) = describe_segmentation(fresh, head_of(fresh))["segments"]
    assert segment["voxels"] == 200
    assert segment["volume_ml"] == pytest.approx(200 * 2.0 * 0.8 * 0.5 / 1000)
    assert segment["box"] == [0, 0, 0, 2, 10, 10]


def test_the_changed_box_is_no_larger_than_what_changed(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    segmentation = begin(team, scan)
    actor = team.actor("surgeon")
    paint(actor, segmentation, {1: block((3, 4, 4))}, parent=0)
    wider = np.zeros((3, 8, 8), dtype=bool)
    wider[:, :4, :4] = True
    wider[2, 6, 5] = True
    paint(actor, segmentation, {1: wider}, parent=1)
    assert said[-1].payload()["box"] == [2, 6, 5, 3, 7, 6]
    paint(actor, segmentation, {1: wider}, parent=2)
    assert len(said) == 3, "a chunk that changes nothing is no revision and no event"
    assert Segmentation.objects.get(pk=segmentation.pk).head == 2


def test_a_stale_parent_is_refused_with_the_current_one(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    paint(team.actor("surgeon"), segmentation, {1: block((1, 2, 2))}, parent=0)
    with pytest.raises(StaleVersion) as refused:
        paint(team.actor("radiologist"), segmentation, {1: block((1, 9, 9))}, parent=0)
    assert refused.value.details["current"]["revision"] == 1
    assert voxels(segmentation).sum() == 4


def test_the_same_commit_twice_is_once(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    actor = team.actor("surgeon")
    paint(actor, segmentation, {1: block((1, 2, 2))}, parent=0)
    row = SegmentationRevision.objects.get(segmentation=segmentation)
    again = services.commit_chunk(
        actor=actor, segmentation_id=segmentation.pk, parent=0, sha256=row.chunk_sha256
    )
    assert again.head == 1


def test_revisions_are_immutable(team: CaseTeam, scan: Scan) -> None:
    segmentation = begin(team, scan)
    actor = team.actor("surgeon")
    paint(actor, segmentation, {1: block((1, 2, 2))}, parent=0)
    paint(actor, segmentation, {1: block((1, 5, 5))}, parent=1)
    first = SegmentationRevision.objects.get(segmentation=segmentation, number=1)
    with pytest.raises(TypeError):
        first.save()
    assert voxels(segmentation, revision=1).sum() == 4
    file = settings.ARCHIVE_ROOT / "annotations" / str(segmentation.pk) / first.content_sha256
    assert file.stat().st_mode & 0o777 == 0o400
    file.unlink()
    with pytest.raises(Unavailable):
        voxels(segmentation, revision=1)
    assert voxels(segmentation, revision=2).sum() == 25, "a changed frame is kept whole"


def test_undo_and_redo_are_new_revisions_and_spare_what_others_painted(
    team: CaseTeam, scan: Scan
) -> None:
    segmentation = begin(team, scan)
    surgeon, radiologist = team.actor("surgeon"), team.actor("radiologist")
    paint(surgeon, segmentation, {1: block((1, 4, 4))}, parent=0)
    erased = np.zeros((1, 1, 2), dtype=bool)
    paint(radiologist, segmentation, {1: erased}, parent=1)
    paint(radiologist, segmentation, {1: block((1, 2, 2))}, parent=2, first=(2, 20, 20))

    def back(revision: int, parent: int) -> None:
        services.revert_revision(
            actor=surgeon, segmentation_id=segmentation.pk, parent=parent, revision=revision
        )

    back(1, 3)
    expected = np.zeros((3, ROWS, COLUMNS), dtype=bool)
    expected[2, 20:22, 20:22] = True
    np.testing.assert_array_equal(voxels(segmentation), expected)
    undone = SegmentationRevision.objects.get(segmentation=segmentation, number=4)
    assert (undone.inverse_of, undone.author_id) == (1, surgeon.id)
    back(4, 4)
    expected[0, :4, :4] = True
    expected[0, 0, :2] = False
    np.testing.assert_array_equal(voxels(segmentation), expected)
    with pytest.raises(RevisionUnknown):
        back(2, 5)


def test_segments_are_named_coloured_removed_and_put_back_with_their_voxels(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    segmentation = begin(
        team, scan, segments=[SegmentDraft(label="Lesion"), SegmentDraft(label="Node")]
    )
    actor = team.actor("surgeon")
    paint(actor, segmentation, {2: block((1, 3, 3))}, parent=0)
    lesion = SegmentDraft(label="Lesion", number=1)
    node = SegmentDraft(label="Node 4R", number=2, type="59441001", colour="#59c2ff")

    def change(version: int, *segments: SegmentDraft) -> Segmentation:
        return services.change_segmentation(
            actor=actor, segmentation_id=segmentation.pk, version=version, segments=segments
        )

    change(1, lesion, node)
    change(2, lesion, node)
    assert [type(event) for event in said].count(SegmentationPut) == 2, "no change, no event"
    change(2, lesion)
    changed = change(3, lesion, SegmentDraft(label="New"))
    assert [one["number"] for one in describe_segmentation(changed, None)["segments"]] == [1, 3]
    back = change(4, lesion, node)
    shown = describe_segmentation(back, head_of(back))["segments"]
    assert [(one["number"], one["label"], one["voxels"]) for one in shown] == [
        (1, "Lesion", 0),
        (2, "Node 4R", 9),
    ]
    with pytest.raises(StaleVersion):
        change(3, lesion)
    for wrong in (
        [],
        [SegmentDraft(label="", number=1)],
        [SegmentDraft(label="a", number=9)],
        [lesion, lesion],
        [SegmentDraft(label="a", type="73211009")],
        [SegmentDraft(label="a", colour="red")],
        [SegmentDraft(label="a\x00b")],
    ):
        with pytest.raises(DomainError):
            change(5, *wrong)
    with pytest.raises(BadSegments):
        paint(actor, back, {3: block((1, 1, 1))}, parent=1)


def test_removal_is_soft_and_its_inverse_puts_everything_back(
    team: CaseTeam, scan: Scan, said: list[CaseEvent]
) -> None:
    segmentation = begin(team, scan)
    actor = team.actor("surgeon")
    paint(actor, segmentation, {1: block((1, 3, 3))}, parent=0)
    services.remove_segmentation(actor=actor, segmentation_id=segmentation.pk, version=1)
    assert isinstance(said[-1], SegmentationRemoved)
    with pytest.raises(NotVisible):
        paint(actor, segmentation, {1: block((1, 1, 1))}, parent=1)
    with pytest.raises(SegmentationExists):
        begin(team, scan, segmentation_id=segmentation.pk)
    services.restore_segmentation(actor=actor, segmentation_id=segmentation.pk, version=2)
    assert voxels(segmentation).sum() == 9


def test_who_may(team: CaseTeam, scan: Scan) -> None:
    for who in ("coordinator", "consultant", "outsider"):
        with pytest.raises((Forbidden, NotVisible)):
            begin(team, scan, who=who)
    segmentation = begin(team, scan)
    with pytest.raises(Forbidden):
        paint(team.actor("oncologist"), segmentation, {1: block((1, 1, 1))}, parent=0)
    paint(team.actor("radiologist"), segmentation, {1: block((1, 1, 1))}, parent=0)
    with pytest.raises(NotVisible):
        paint(make_case_team().actor("radiologist"), segmentation, {1: block((1, 1, 1))}, parent=1)


def test_a_trainees_is_a_draft(team: CaseTeam, scan: Scan) -> None:
    assert begin(team, scan).layer == "shared"
    assert begin(team, scan, who="trainee").layer == "draft"


def test_the_same_begin_twice_is_once(team: CaseTeam, scan: Scan) -> None:
    own = uuid4()
    assert begin(team, scan, segmentation_id=own).pk == own
    assert begin(team, scan, segmentation_id=own).pk == own
    with pytest.raises(SegmentationExists):
        begin(team, scan, who="radiologist", segmentation_id=own)
