"""What lies in the runner's inbox: the last series, once, and nothing of one before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apps.ai.runner import inbox as inbox_module
from apps.ai.runner.client import ModelRunner
from apps.ai.runner.inbox import Inbox
from apps.ai.runner.volumes import RunnerVolume, describe_volume, open_volume
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.test_runner import bundle_request, run, volume_with_boxes

SHAPE = (5, 7, 6)


def volume(seed: int, *, key: str = "", file: Path | None = None) -> RunnerVolume:
    voxels = np.random.default_rng(seed).normal(0, 500, SHAPE).astype("<f4")
    if file is not None:
        voxels.tofile(file)
        voxels = np.memmap(file, dtype="<f4", mode="r", shape=SHAPE)
    return RunnerVolume(
        voxels=voxels, affine_lps=np.eye(4), sop_instance_uids=tuple("abcde"),
        frame_of_reference_uid="1.2", content_key=key,
    )  # fmt: skip


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    (tmp_path / "in").mkdir()
    return Inbox(tmp_path / "in")


def held(inbox: Inbox) -> set[str]:
    return {one.name for one in inbox.path.iterdir()}


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("shares", [True, False])
def test_a_volume_arrives_as_it_is_and_can_be_written_to_without_changing_it(
    inbox, tmp_path, mapped, shares, monkeypatch
):
    if not shares:

        def refuse(*_: object) -> int:
            raise OSError("another file system")

        monkeypatch.setattr(inbox_module.os, "copy_file_range", refuse)
    given = volume(1, file=tmp_path / "derived.f32" if mapped else None)
    (name,) = inbox.put_volumes([given])
    described = describe_volume(given, file=name)
    opened = open_volume(directory=inbox.path, description=described)
    assert np.array_equal(opened.voxels, given.voxels)
    assert np.array_equal(opened.affine_lps, given.affine_lps)
    opened.voxels[:] = 0
    again = open_volume(directory=inbox.path, description=described)
    assert np.array_equal(again.voxels, given.voxels)


def test_a_known_series_is_laid_once_and_goes_when_another_comes(inbox):
    first = inbox.put_volumes([volume(1, key="a"), volume(2, key="b")])
    inbox.put_headers([])
    inbox.end_run()
    assert held(inbox) == set(first)
    second = inbox.put_volumes([volume(2, key="b"), volume(3, key="c")])
    assert second[0] == first[1] and second[1] not in first
    assert first[0] not in held(inbox), "what is not asked for goes before the next run begins"
    inbox.end_run()
    assert held(inbox) == set(second)


def test_a_series_nobody_vouches_for_is_gone_after_its_run(inbox):
    one, other = inbox.put_volumes([volume(1), volume(2)])
    assert one != other
    inbox.end_run()
    assert held(inbox) == set()


def test_a_part_of_a_mapped_file_is_copied_as_a_part(inbox, tmp_path):
    whole = volume(4, file=tmp_path / "derived.f32")
    part = replace(whole, voxels=whole.voxels[1:4])
    backwards = replace(whole, voxels=whole.voxels[::-1])
    for given in (part, backwards):
        (name,) = inbox.put_volumes([given])
        described = describe_volume(given, file=name)
        opened = open_volume(directory=inbox.path, description=described)
        assert np.array_equal(opened.voxels, given.voxels)


def test_the_runner_answers_for_the_series_it_was_asked_about(tmp_path):
    root = write_bundle(tmp_path / "bundles" / "bright")
    runner = ModelRunner(scratch_root=tmp_path / "scratch", readable=[tmp_path / "bundles"])
    bright = replace(volume_with_boxes(), content_key="bright")
    dark = replace(bright, voxels=np.zeros_like(bright.voxels), content_key="dark")
    try:
        kinds = [run(runner, bundle_request(root, one)).kind for one in (bright, dark, bright)]
        (left,) = (tmp_path / "scratch").glob("runner-*/in/*")
        assert left.stat().st_size == bright.voxels.nbytes
        kinds.append(run(runner, bundle_request(root, bright)).kind)
        assert list((tmp_path / "scratch").glob("runner-*/in/*")) == [left]
    finally:
        runner.close()
    assert kinds == ["findings", "no_findings", "findings", "findings"]
    assert not list((tmp_path / "scratch").glob("runner-*"))


def test_no_image_stays_when_no_job_is_due(inbox):
    inbox.put_volumes([volume(1, key="a")])
    inbox.end_run()
    assert held(inbox)
    inbox.clear()
    assert held(inbox) == set()
    (again,) = inbox.put_volumes([volume(1, key="a")])
    assert held(inbox) == {again}, "a copy that went is not taken for one that is there"
