"""Looks at everything once the house has come to rest."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx

from apps.ai import conf, storage
from apps.ai.models import Finding, FindingExport, FindingReview, Job
from apps.audit.models import AuditEntry
from apps.audit.selectors import verify_chain
from apps.core.models import OutboxMessage
from apps.imaging.archive.layout import DERIVED, archive_root
from apps.imaging.models import Instance
from apps.imaging.services import leftovers
from tests.faults.ai.house import House
from tests.faults.ai.scene import Scene
from tests.faults.ai.verdict import Facts

PAGE = 500


def collect(*, house: House, scene: Scene, living: set[int]) -> Facts:
    """``living``: the processes of the house just now; whoever else left something is dead."""
    results = _results()
    left = [*_scratch(living), *_drafts()]
    chain = verify_chain()
    with httpx.Client(
        auth=(house.orthanc.username, house.orthanc.password),
        headers={"Accept-Encoding": "identity"},
        timeout=60,
    ) as http:
        listed = _listed(http, house, scene)
        held = _held(http, house)
    return Facts(
        expected={one.series_uid: one.answer for one in scene.questions},
        jobs=_jobs(),
        exports=_exports(),
        owed=[
            str(one)
            for one in FindingReview.objects.filter(stands=True, decision="accepted").values_list(
                "finding_id", flat=True
            )
        ],
        must_hold=scene.images | results,
        listed=listed,
        held=held,
        indexed=list(
            Instance.objects.exclude(sop_instance_uid__in=scene.images).values_list(
                "sop_instance_uid", "sha256"
            )
        ),
        results=set(results),
        kept=_kept(),
        named=_named(),
        leftovers=left,
        unsent=OutboxMessage.objects.filter(sent_at__isnull=True).count(),
        unsealed=chain.unsealed,
        broken=chain.reason,
    )


def count_unsent() -> int:
    return OutboxMessage.objects.filter(sent_at__isnull=True).count()


def count_unsealed() -> int:
    return AuditEntry.objects.filter(seal__isnull=True).count()


def _jobs() -> list[dict[str, object]]:
    numbers: dict[Any, list[int]] = defaultdict(list)
    for job_id, number in Finding.objects.order_by("number").values_list("job_id", "number"):
        numbers[job_id].append(number)
    completions = _entries("job.completed")
    return [
        {
            "series_uid": job.series.series_instance_uid,
            "state": job.state,
            "reason_code": job.reason_code,
            "numbers": numbers[job.pk],
            "has_lease": job.lease_until is not None,
            "completions": completions[str(job.pk)],
        }
        for job in Job.objects.select_related("series")
    ]


def _exports() -> list[dict[str, object]]:
    completions = _entries("finding.exported")
    return [
        {
            "finding": str(one.finding_id),
            "state": one.state,
            "has_lease": one.lease_until is not None,
            "completions": completions[str(one.finding_id)],
        }
        for one in FindingExport.objects.all()
    ]


def _entries(action: str) -> Counter[str]:
    entries = AuditEntry.objects.filter(action=action, outcome="success")
    return Counter(entries.values_list("entity_id", flat=True))


def _results() -> dict[str, tuple[str, str]]:
    """What each accepted finding sends home: SOP Instance UID to its study and SHA-256."""
    owed: dict[str, tuple[str, str]] = {}
    accepted = FindingReview.objects.filter(stands=True, decision="accepted").select_related(
        "finding__study", "export"
    )
    for review in accepted:
        finding, export = review.finding, getattr(review, "export", None)
        study_uid = finding.study.study_instance_uid
        owed[finding.segmentation_uid] = (study_uid, finding.segmentation_sha256)
        owed[finding.report_uid] = (study_uid, finding.report_sha256)
        if export is not None:
            owed[export.verified_report_uid] = (study_uid, export.verified_report_sha256)
    return owed


def _named() -> set[str]:
    found: set[str] = set()
    for row in Finding.objects.values_list("mask_sha256", "segmentation_sha256", "report_sha256"):
        found.update(row)
    found.update(FindingExport.objects.values_list("verified_report_sha256", flat=True))
    return found - {""}


def _kept() -> set[str]:
    """Names of the files in the store of results, each read and hashed."""
    names = set()
    for path in conf.result_store().rglob("*"):
        if path.is_file():
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            names.add(path.name if path.name == sha256 else f"{path.name} (damaged)")
    return names


# ── the PACS ──────────────────────────────────────────────────────────────────────────────


def _listed(http: httpx.Client, house: House, scene: Scene) -> list[tuple[str, str]]:
    found = []
    for study_uid in dict.fromkeys(one.study_uid for one in scene.questions):
        answer = http.get(
            f"{house.orthanc.base_url}/studies/{study_uid}/instances",
            headers={"Accept": "application/dicom+json"},
        )
        answer.raise_for_status()
        found += [(study_uid, one["00080018"]["Value"][0]) for one in answer.json()]
    return found


def _held(http: httpx.Client, house: House) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while True:
        page = http.get(
            f"{house.orthanc.rest_url}/instances",
            params={"expand": "", "since": len(found), "limit": PAGE},
        ).json()
        for one in page:
            content = http.get(f"{house.orthanc.rest_url}/instances/{one['ID']}/file").content
            uid = one["MainDicomTags"]["SOPInstanceUID"]
            found.append((uid, hashlib.sha256(content).hexdigest()))
        if len(page) < PAGE:
            return found


# ── what the dead left ────────────────────────────────────────────────────────────────────


def _scratch(living: set[int]) -> list[str]:
    """Directories of runners: those of the living are empty, those of the dead are gone."""
    found = []
    for directory in conf.scratch_root().glob("*"):
        owner = directory.name.split("-")[1]
        if not owner.isdigit() or int(owner) not in living:
            found.append(f"scratch {directory.name} of a dead worker")
        files = [path for path in directory.rglob("*") if path.is_file()]
        found += [f"scratch {path.relative_to(conf.scratch_root())}" for path in files]
    return found


def _drafts() -> list[str]:
    """The archive's litter, aged by more than a day: the house's own clearing takes all of it."""
    root = archive_root()
    old = time.time() - 2 * leftovers.LITTER_AFTER_S
    for path in [one for name in ("staging", "drafts", "spool") for one in (root / name).glob("*")]:
        os.utime(path, (old, old))
    leftovers.delete_leftovers()
    half_written = [*conf.result_store().rglob("*.partial"), *_half_built(root)]
    for path in half_written:
        os.utime(path, (old, old))
    storage.remove_partials()
    left = [path for name in ("staging", "drafts", "spool") for path in (root / name).glob("*")]
    left += [path for path in (*half_written, *_half_built(root)) if path.exists()]
    return [f"litter {_relative(path, root)}" for path in left]


def _half_built(root: Path) -> list[Path]:
    return [path for name in DERIVED for path in (root / name).glob("*.draft")]


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
