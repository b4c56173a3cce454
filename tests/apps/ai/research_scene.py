"""A case with a series of any geometry; its export as somebody gets it, and masks sent back."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from apps.ai import services, storage
from apps.ai.api import research_views
from apps.ai.models import Finding, Job
from apps.ai.research.sidecar import Sidecar
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.services import SegmentDraft
from apps.imaging.masks import pack_mask
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.ai import world
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.nifti_files import FIRST, GEOMETRIES, as_ijk, nifti, random_labels
from tests.apps.imaging.test_importing import patient_fields
from tests.painting import begin, paint, voxels
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.scans import Scan

SHAPE = (5, 16, 24)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.ARCHIVE_ROOT = tmp_path / "var" / "archive"
    settings.SCRATCH_ROOT = tmp_path / "var" / "scratch"
    research_views.ResearchPerPerson.cache.clear()


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


class Brought:
    """A series of the case in one geometry, its slices in slice order."""

    def __init__(
        self,
        team: CaseTeam,
        folder: Path,
        geometry: str,
        *,
        places: tuple[float, ...] = (0, 1, 2, 3, 4),
        **fields: Any,
    ) -> None:
        orientation, step = GEOMETRIES[geometry]
        study, series, self.space_uid = generate_uid(), generate_uid(), generate_uid()
        self.slices: list[FileDataset] = []
        for number, place in enumerate(places):
            one = make_slice(
                study_uid=study,
                series_uid=series,
                index=number,
                ImageOrientationPatient=list(orientation),
                ImagePositionPatient=[round(float(v), 8) for v in FIRST + np.array(step) * place],
                RescaleSlope=1,
                StudyID="1",
                PositionReferenceIndicator="",
                FrameOfReferenceUID=self.space_uid,
                **patient_fields(team) | fields,
            )
            self.slices.append(one)
        write_files(folder / series, [to_bytes(one) for one in self.slices[::-1]])
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder / series])
        self.team, self.study_uid, self.series_uid = team, study, series
        self.url = f"/api/cases/{team.case_id}/studies/{study}/series/{series}"
        normal = np.cross(orientation[:3], orientation[3:])
        if np.dot(normal, step) < 0:
            self.slices.reverse()

    @property
    def row(self) -> Series:
        return Series.objects.get(series_instance_uid=self.series_uid)

    @property
    def scan(self) -> Scan:
        uids = tuple(str(one.SOPInstanceUID) for one in self.slices)
        return Scan(self.study_uid, self.series_uid, self.space_uid, uids)

    def expected(self) -> Any:
        """HU from the files themselves."""
        return np.stack([one.pixel_array.astype(np.float64) - 1024 for one in self.slices])


@pytest.fixture()
def axial(team: CaseTeam, tmp_path: Path) -> Brought:
    return Brought(team, tmp_path, "axial")


def client_of(team: CaseTeam, who: str = "surgeon") -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


class Bundle:
    def __init__(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/zip"
        body = b"".join(answer)
        assert int(answer["Content-Length"]) == len(body)
        self.zip = zipfile.ZipFile(io.BytesIO(body))
        assert self.zip.testzip() is None
        self.raw = self.zip.read("sidecar.json")
        self.sidecar = Sidecar.model_validate_json(self.raw)

    def file(self, name: str) -> bytes:
        return self.zip.read(name)


def export(brought: Brought, who: str = "surgeon") -> Bundle:
    return Bundle(client_of(brought.team, who).get(f"{brought.url}/nifti"))


def send(
    brought: Brought,
    mask: bytes,
    *,
    who: str = "surgeon",
    file_name: str = "mask.nii.gz",
    sidecar: bytes | None = None,
    **form: Any,
) -> Any:
    data = {"mask": SimpleUploadedFile(file_name, mask), "made_by": "MANUAL", **form}
    if sidecar is not None:
        data["sidecar"] = SimpleUploadedFile("sidecar.json", sidecar)
    return client_of(brought.team, who).post(f"{brought.url}/nifti-mask", data)


def labels_of(segmentation_id: str, *, value_of: dict[int, int] | None = None) -> Any:
    """The label map of a drawn segmentation, read through the product's own store."""
    segmentation = Segmentation.objects.get(pk=segmentation_id)
    out = np.zeros(SHAPE, np.uint16)
    for one in segmentation.segments:
        number = one["number"]
        out[voxels(segmentation, segment=number)] = (value_of or {}).get(number, number)
    return out


def draft_of(label: str, kind: str) -> SegmentDraft:
    return SegmentDraft(label=label, type=kind, colour="#59c2ff")


def draw(
    brought: Brought, masks: dict[int, Any], *, who: str = "surgeon", **changes: Any
) -> Segmentation:
    drafts = [
        draft_of(f"Lesion S{number}", "108369006" if number % 2 else "59441001") for number in masks
    ]
    made = begin(brought.team, brought.scan, who, **{"segments": drafts, **changes})
    return paint(brought.team.actor(who), made, masks, parent=0)


def find(brought: Brought, tmp_path: Path, mask: Any, *, accept: bool = True) -> Finding:
    """A finding of a job on these very images, through the services."""
    version = world.builtin_version(tmp_path, slug=f"m{uuid4().hex[:6]}")
    world.request(team=brought.team, version=version, series=brought.row)
    job = services.claim_next_job(worker="test")
    assert job is not None
    packed = storage.put_bytes(content=pack_mask(mask.astype(np.uint8).tobytes()))
    draft = replace(world.draft(label="Nodule 1"), mask_sha256=packed)
    uids = [str(one.SOPInstanceUID) for one in brought.slices]
    grid = {"shape": list(mask.shape), "sop_instance_uids": uids}
    job = services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[draft], grid=grid, parameters={}
    )
    found = Job.objects.get(pk=job.pk).findings.get()
    if accept:
        services.accept_finding(
            actor=brought.team.actor("radiologist"),
            finding_id=found.pk,
            case_id=brought.team.case_id,
            version=1,
        )
    return found


@pytest.fixture()
def tilted(team: CaseTeam, tmp_path: Path) -> Brought:
    return Brought(team, tmp_path, "tilted")


def mask_of(brought: Brought, labels: Any = None, **fields: Any) -> bytes:
    """A mask as a tool makes it that read our image by nibabel."""
    affine = np.array(export(brought).sidecar.geometry.affine_ras)
    return nifti(as_ijk(random_labels() if labels is None else labels), affine, **fields)
