"""Four bundles built like the Model Zoo's, from their ZIP files to reviewed findings, on screen.

Segmentation, several channels, detection, classification: uploaded by AI administration, approved
and put into use by two people, run on studies from the PACS, reviewed, and stored there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from apps.ai.bundle_tree import hash_tree
from tests.apps.ai import zoo
from tests.apps.imaging.dicom import make_slice, to_bytes
from tests.e2e.ai_scenes import (
    FIRST_RUN_MS,
    NOT_VALIDATED,
    SLOW_MS,
    ask_model,
    findings_of,
    held_by_pacs,
    job_row,
    link_from_pacs,
    pack,
    store_in_pacs,
)
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack
from tests.e2e.imports import new_case, person

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]

Keep = Callable[[Page, str], Path]
CASE_TITLE = "Four models of the zoo's kind"
PATIENT = {"patient_id": "AIZOO-1", "name": "Zoo^Visitor", "birth_date": "19610504"}
MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
MG_STORAGE = "1.2.840.10008.5.1.4.1.1.1.2"
NO_PLACE = (
    "FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
    "SliceThickness",
)  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """One bundle, the study and series it is asked about, its finding, how that is sent."""

    name: str
    write: Callable[..., Path]
    study: str
    series: str
    finding: str
    kinds: tuple[str, ...]
    options: dict[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)


WITH_MASK, WITHOUT_PLACE = ("SEG", "SR", "SR"), ("SR", "SR")
BUNDLES = (
    Bundle("Spleen", zoo.spleen, "CT trunk", "thin", "Spleen", WITH_MASK, {"as_yaml": True}),
    Bundle(
        "Brain tumour",
        zoo.brats,
        "MR brain",
        "t1 mprage post",
        "Whole tumour",
        WITH_MASK,
        {},
        {"t2": "t2 tse"},
    ),
    Bundle("Lung nodule detection", zoo.nodule, "CT trunk", "thin", "Nodule", WITH_MASK, {}),
    Bundle(
        "Breast density", zoo.density, "Mammography", "L CC", "Breast density", WITHOUT_PLACE, {}
    ),
)
#: Two of them may be the T2 that the model wants: whoever asks says which.
SEQUENCES = ("t1 mprage post", "t1 mprage pre", "t2 tse", "t2 tse fs", "flair")


def _slices(
    study_uid: str, description: str, *, seed: int, shape: tuple[int, int, int], **extra: Any
) -> Iterator[Any]:
    """Noise about a wave: nothing that anybody trained for, and nothing that is uniform."""
    noise = np.random.default_rng(seed).normal(40, 60, shape)
    values = np.round(noise + 200 * np.sin(np.indices(shape).sum(axis=0) / 6))
    series_uid = generate_uid()
    for index, plane in enumerate(values):
        yield make_slice(
            study_uid=study_uid,
            series_uid=series_uid,
            index=index,
            seed=seed,
            shape=shape[1:],
            SeriesDescription=description,
            SeriesNumber=seed,
            RescaleSlope=1,
            RescaleIntercept=0,
            PixelData=plane.astype("<i2").tobytes(),
            **PATIENT,
            **extra,
        )


def _ct(study_uid: str) -> Iterator[bytes]:
    slices = _slices(study_uid, "thin", seed=1, shape=(14, 36, 40), StudyDescription="CT trunk")
    yield from map(to_bytes, slices)


def _mr(study_uid: str) -> Iterator[bytes]:
    space = generate_uid()
    for seed, description in enumerate(SEQUENCES, start=1):
        for dataset in _slices(
            study_uid,
            description,
            seed=seed,
            shape=(10, 24, 28),
            modality="MR",
            SOPClassUID=MR_STORAGE,
            FrameOfReferenceUID=space,
            StudyDescription="MR brain",
        ):
            dataset.file_meta.MediaStorageSOPClassUID = MR_STORAGE
            yield to_bytes(dataset)


def _mammogram(study_uid: str) -> Iterator[bytes]:
    (dataset,) = _slices(
        study_uid,
        "L CC",
        seed=1,
        shape=(1, 64, 48),
        modality="MG",
        SOPClassUID=MG_STORAGE,
        BodyPartExamined="BREAST",
        StudyDescription="Mammography",
    )
    dataset.file_meta.MediaStorageSOPClassUID = MG_STORAGE
    for keyword in NO_PLACE:
        delattr(dataset, keyword)
    dataset.ImagerPixelSpacing = [0.1, 0.1]
    yield to_bytes(dataset)


@dataclass(frozen=True)
class Scene:
    case_id: str
    studies: dict[str, str]
    """Series description -> Study Instance UID."""


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    """Three studies of one patient in Orthanc, and a case that has none of them yet."""
    ct, mr, mammography = (generate_uid() for _ in range(3))
    store_in_pacs(stack, [*_ct(ct), *_mr(mr), *_mammogram(mammography)])
    patient = person(PATIENT["patient_id"], PATIENT["name"], born=PATIENT["birth_date"], sex="F")
    studies = {"thin": ct, **dict.fromkeys(SEQUENCES, mr), "L CC": mammography}
    return Scene(new_case(stack, patient, CASE_TITLE), studies)


def _say(page: Page, act: str, *, reason: str = "", sha256: str = "") -> None:
    """One word of one person on a version, through its dialog."""
    page.get_by_role("button", name=act, exact=True).click(timeout=SLOW_MS)
    dialog = page.get_by_role("dialog")
    if sha256:
        expect(dialog).to_contain_text(sha256)
    if reason:
        dialog.get_by_label("Why it may be used without having been validated here").fill(reason)
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_have_count(0, timeout=SLOW_MS)


def _put_into_use(admin: Page, reader: Page, bundle: Bundle, root: Path) -> None:
    """From the ZIP file to a version in use, by the words of two people on one content."""
    sha256 = hash_tree(root)
    admin.goto("/models")
    admin.get_by_role("link", name="Add a model").click(timeout=SLOW_MS)
    archive = pack(root, root.parent / f"{root.name}.zip")
    admin.locator("input[type=file]").first.set_input_files(archive)
    admin.get_by_role("button", name="Upload", exact=True).click()
    admin.wait_for_url(re.compile(r"/models/versions/[0-9a-f-]+\?show=content"), timeout=SLOW_MS)
    expect(admin.get_by_test_id("tree-hash")).to_have_text(sha256, timeout=SLOW_MS)
    expect(admin.get_by_text("Nobody has approved its content yet.")).to_be_visible()
    _say(admin, "Approve", sha256=sha256)

    reader.goto("/models")
    card = reader.get_by_role("article", name=bundle.name, exact=True)
    expect(card).to_contain_text("Waits for your word", timeout=SLOW_MS)
    card.get_by_role("link", name=re.compile("^Open version")).click()
    reader.get_by_role("button", name="Read the content first").click(timeout=SLOW_MS)
    expect(reader.get_by_test_id("tree-hash")).to_have_text(sha256, timeout=SLOW_MS)
    _say(reader, "Approve", sha256=sha256)

    admin.reload()
    _say(admin, "Propose for use", reason=NOT_VALIDATED, sha256=sha256)
    reader.reload()
    _say(reader, "Put into use", sha256=sha256)
    summary = reader.get_by_role("region", name="State of this version")
    expect(summary).to_contain_text(f"Not validated here: {NOT_VALIDATED}", timeout=SLOW_MS)
    expect(reader.get_by_text("In use", exact=True).first).to_be_visible()


def test_four_bundles_of_the_zoos_kind_run_unmodified_to_reviewed_findings(
    stack: Stack,
    open_page: OpenPage,
    keep_screenshot: Keep,
    scene: Scene,
    tmp_path: Path,
) -> None:
    admin = open_page(role="ai-admin", width=1440, height=1000, path="/models")
    reader = open_page(role="radiologist", width=1440, height=1000, path="/models")
    for number, bundle in enumerate(BUNDLES):
        root = bundle.write(tmp_path / f"bundle-{number}", **bundle.options)
        _put_into_use(admin, reader, bundle, root)
    keep_screenshot(reader, "1-in-use")

    desk = open_page(role="coordinator", path=f"/cases/{scene.case_id}")
    link_from_pacs(desk, studies=3)
    reader.goto(f"/cases/{scene.case_id}")
    for bundle in BUNDLES:
        ask_model(
            reader,
            model=bundle.name,
            study=bundle.study,
            series="" if bundle.inputs else bundle.series,
            inputs=bundle.inputs,
        )
    for bundle in BUNDLES:
        row = job_row(reader, model=bundle.name)
        expect(row).to_have_attribute("data-state", "findings", timeout=FIRST_RUN_MS)
    reader.locator("[data-job]").first.scroll_into_view_if_needed()
    keep_screenshot(reader, "2-answered")

    # Each finding is decided for itself; one of each model is accepted.
    reader.goto(f"/findings?case={scene.case_id}")
    article = reader.get_by_role("article")
    for bundle in BUNDLES:
        reader.get_by_role("option").filter(has_text=bundle.finding).first.click(timeout=SLOW_MS)
        expect(article).to_contain_text(f"{bundle.name} 0.5.0")
        finding_id = str(article.get_attribute("data-finding"))
        article.get_by_role("button", name=re.compile("^Accept: ")).click()
        gone = reader.locator(f"article[data-finding='{finding_id}']")
        expect(gone).to_have_count(0, timeout=SLOW_MS)
    reader.get_by_role("radiogroup", name="Which findings").get_by_text("Accepted").click()
    for bundle in BUNDLES:
        reader.get_by_role("option").filter(has_text=bundle.finding).first.click()
        expect(article).to_contain_text(f"{bundle.name} 0.5.0")
        expect(article).to_contain_text("Stored and verified in the PACS", timeout=120_000)
    # The classes have the names that the bundle gives them.
    expect(article).to_contain_text("Probability: Breast density A")
    keep_screenshot(reader, "3-stored")

    found = findings_of(stack.client(role="radiologist"), scene.case_id)
    accepted = Counter(one["model"]["name"] for one in found if one["state"] == "accepted")
    assert accepted == {bundle.name: 1 for bundle in BUNDLES}
    for study_uid in set(scene.studies.values()):
        asked = [one for one in BUNDLES if scene.studies[one.series] == study_uid]
        wanted = Counter(kind for one in asked for kind in one.kinds)
        held = Counter(modality for modality, _, _ in held_by_pacs(stack, study_uid))
        assert {kind: held[kind] for kind in ("SEG", "SR")} == {
            kind: wanted[kind] for kind in ("SEG", "SR")
        }
