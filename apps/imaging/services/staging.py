"""What arrived and was parsed but is not published yet, found again after a crash."""

import shutil
from pathlib import Path
from uuid import UUID

from apps.imaging.archive.writer import StagedInstance
from apps.imaging.models import Series
from apps.imaging.parsing import clear_prefix, read_summary


def find_staged(directory: Path, *, series_instance_uid: str) -> dict[str, StagedInstance]:
    """Complete objects of one series by SOP Instance UID; half-written ones are removed.

    A child writes the summary last and by rename, so where it is the rest is complete; the
    hash is checked again when the original is packed.
    """
    found: dict[str, StagedInstance] = {}
    for leftover in directory.glob("*.part"):
        leftover.unlink(missing_ok=True)
    finished = {path.name[: -len(".json")] for path in directory.glob("*.json")}
    for path in directory.iterdir():
        stem = path.name.rpartition(".")[0]
        if stem not in finished:
            path.unlink(missing_ok=True)
    for stem in sorted(finished):
        prefix = directory / stem
        summary = read_summary(prefix)
        if summary["series_instance_uid"] != series_instance_uid:
            continue
        if summary["sop_instance_uid"] in found:
            clear_prefix(prefix)
        else:
            found[summary["sop_instance_uid"]] = StagedInstance(prefix, summary)
    return found


def discard(prefix: Path) -> None:
    clear_prefix(prefix)


def clear(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


def series_id(*, study_id: UUID, series_instance_uid: str) -> UUID:
    pk: UUID = Series.objects.values_list("pk", flat=True).get(
        study_id=study_id, series_instance_uid=series_instance_uid
    )
    return pk
