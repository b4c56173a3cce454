"""One patient with many small series in the PACS, each with a question whose answer is known.

Of twenty questions ten end with one finding, two with two (the second is dismissed), four with
none, two out of scope (one told by the header's units in the runner, one by its modality before),
two failed (a parameter that does not exist, an image that is damaged in the archive).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from pydicom.uid import UID, generate_uid

from apps.ai import services as ai
from apps.ai.analyses import pet_lesions
from apps.ai.models import ModelVersion
from apps.core.models import OutboxMessage
from apps.imaging import services as imaging
from apps.imaging.archive.layout import series_directory
from apps.imaging.choices import AuthKind
from apps.imaging.models import Series
from apps.imaging.services import ingesting
from tests.apps.ai.synthetic_pet import PET_IMAGE_STORAGE
from tests.apps.ai.world import INSTALLER
from tests.apps.imaging.dicom import make_slice, to_bytes
from tests.faults.ai.house import House
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient

PATIENT_ID = "PH-1"
BIRTH_DATE = "19610504"
SHAPE = (3, 12, 12)
SUV_STEP = 0.01
HOT_SUV, COLD_SUV = 9.0, 1.0
SERIES_PER_STUDY = 10

ONE, TWO, NONE = "one finding", "two findings", "no findings"
UNITS, MODALITY, PARAMETER, DAMAGED = "units", "modality", "parameter", "damaged"
KINDS = (*[ONE] * 10, *[TWO] * 2, *[NONE] * 4, UNITS, MODALITY, PARAMETER, DAMAGED)

#: Kind to state, reason code and number of findings.
ANSWERS: dict[str, tuple[str, str, int]] = {
    ONE: ("findings", "", 1),
    TWO: ("findings", "", 2),
    NONE: ("no_findings", "", 0),
    UNITS: ("out_of_scope", "units_not_convertible", 0),
    MODALITY: ("out_of_scope", "modality", 0),
    PARAMETER: ("failed", "invalid_parameters", 0),
    DAMAGED: ("failed", "pixels_unavailable", 0),
}


@dataclass(frozen=True)
class Question:
    """One analysis of one series, and how it must end."""

    number: int
    kind: str
    study_uid: str
    series_uid: str

    @property
    def parameters(self) -> dict[str, Any]:
        return {"method": "no such method"} if self.kind == PARAMETER else {}

    @property
    def answer(self) -> tuple[str, str, int]:
        return ANSWERS[self.kind]


@dataclass
class Scene:
    team: CaseTeam
    version: ModelVersion
    questions: list[Question]
    images: dict[str, tuple[str, str]]
    """SOP Instance UID of each image to its study and its SHA-256."""

    @property
    def case_id(self) -> UUID:
        return self.team.case_id


def make_scene(*, house: House, jobs: int) -> Scene:
    """Series in Orthanc, linked to one case and ingested over DICOMweb."""
    team = make_case_team(
        patient=make_patient(patient_id=PATIENT_ID, issuer="", name="Test^Patient")
    )
    version = ai.register_builtin(
        actor=INSTALLER,
        slug="pet-lesions",
        name=pet_lesions.NAME,
        version=pet_lesions.VERSION,
        module=pet_lesions.__name__,
        source=Path(pet_lesions.__file__).parent,
        card=dict(pet_lesions.CARD),
        scope=dict(pet_lesions.SCOPE),
        default_parameters=dict(pet_lesions.DEFAULT_PARAMETERS),
    )
    scene = Scene(team, version, [], {})
    study_uid = ""
    for number in range(jobs):
        if number % SERIES_PER_STUDY == 0:
            study_uid = generate_uid()
        question = Question(number, KINDS[number % len(KINDS)], study_uid, generate_uid())
        scene.questions.append(question)
        for uid, content in _draw(question):
            scene.images[uid] = (study_uid, hashlib.sha256(content).hexdigest())
            house.orthanc.store(content)
    _ingest(scene, house)
    _damage(scene)
    return scene


def _ingest(scene: Scene, house: House) -> None:
    pacs = imaging.create_connection(
        actor=SYSTEM,
        name="Orthanc",
        base_url=house.pacs_url,
        auth_kind=AuthKind.BASIC,
        username=house.orthanc.username,
        secret=house.orthanc.password,
    )
    actor = scene.team.actor("coordinator")
    for study_uid in dict.fromkeys(one.study_uid for one in scene.questions):
        imaging.link_study(
            actor=actor, case_id=scene.case_id, pacs_id=pacs.pk, study_instance_uid=study_uid
        )
    for message in OutboxMessage.objects.filter(task=ingesting.INGEST_TASK).order_by("id"):
        imaging.run_ingest(job_id=UUID(message.kwargs["job_id"]))
    known = set(
        Series.objects.exclude(archive_key="").values_list("series_instance_uid", flat=True)
    )
    missing = [one.number for one in scene.questions if one.series_uid not in known]
    if missing:
        raise RuntimeError(f"series {missing} did not come into the archive")


def _damage(scene: Scene) -> None:
    """Some images rot on the disk after they came."""
    rotten = {one.series_uid for one in scene.questions if one.kind == DAMAGED}
    for series in Series.objects.filter(series_instance_uid__in=rotten):
        path = series_directory(series.archive_key) / "frames.bin"
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:1])


def _draw(question: Question) -> list[tuple[str, bytes]]:
    """Slices whose voxels are SUVs (Units GML), each series with its own noise."""
    random = np.random.default_rng(question.number)
    suv = random.uniform(0, COLD_SUV, SHAPE)
    if question.answer[2] or question.kind in {UNITS, MODALITY, PARAMETER, DAMAGED}:
        suv[1, 2:5, 2:5] = HOT_SUV
    if question.kind == TWO:
        suv[1, 8:10, 8:10] = HOT_SUV
    drawn = []
    for index, plane in enumerate(suv):
        dataset = make_slice(
            study_uid=question.study_uid,
            series_uid=question.series_uid,
            index=index,
            shape=SHAPE[1:],
            patient_id=PATIENT_ID,
            birth_date=BIRTH_DATE,
            spacing_mm=4.0,
            FrameOfReferenceUID=generate_uid(entropy_srcs=[question.study_uid]),
            PixelSpacing=[4.0, 4.0],
            RescaleSlope=SUV_STEP,
            RescaleIntercept=0,
            SeriesNumber=question.number + 1,
            PixelData=np.round(plane / SUV_STEP).astype("<i2").tobytes(),
        )
        if question.kind != MODALITY:
            dataset.Modality = "PT"
            dataset.SOPClassUID = UID(PET_IMAGE_STORAGE)
            dataset.file_meta.MediaStorageSOPClassUID = UID(PET_IMAGE_STORAGE)
            dataset.Units = "PROPCPS" if question.kind == UNITS else "GML"
            dataset.SUVType = "BW"
        drawn.append((str(dataset.SOPInstanceUID), to_bytes(dataset)))
    return drawn
