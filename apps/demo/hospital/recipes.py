"""Which phantom examinations the demo hospital has.

Twelve patients would be twelve anatomies; a dozen seconds each are too many for a first
run on two cores. One patient has full-size scans, the others have 5 mm slices on 256 x 256.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.pet import COARSE_PET, FINE_PET, PetGrid
from apps.demo.phantoms import Pose, TumourSpec

Shape = tuple[int, int, int]
Spacing = tuple[float, float, float]

FULL: tuple[Shape, Spacing] = ((120, 512, 512), (3.0, 0.74, 0.74))
SMALL: tuple[Shape, Spacing] = ((72, 256, 256), (5.0, 1.48, 1.48))


@dataclass(frozen=True)
class StudyRecipe:
    """How one examination is computed.

    Attributes
    ----------
    key
        Folder name of the examination under the cache.
    growth
        Diameters of a follow-up over those of ``tumours``, which say where the lesions are.
    is_linked
        Otherwise it only lies in the PACS, to be found there by a search.
    """

    key: str
    study: PhantomStudy
    seed: int
    tumours: tuple[TumourSpec, ...]
    grid: tuple[Shape, Spacing] = SMALL
    pose: Pose = field(default_factory=Pose)
    growth: tuple[float, ...] = ()
    with_pet: bool = False
    with_radiotherapy: bool = False
    pet_grid: PetGrid = FINE_PET
    is_linked: bool = True


def _patient(
    number: int, tree: str, birth_date: str, sex: str, size: tuple[float, float]
) -> PhantomPatient:
    return PhantomPatient(f"PHX-{number:04d}", f"{tree}^Phantom", birth_date, sex, *size)


PATIENTS: dict[str, PhantomPatient] = {
    "alder": _patient(1, "Alder", "19580312", "M", (81.0, 1.78)),
    "birch": _patient(2, "Birch", "19660725", "F", (64.0, 1.66)),
    "cedar": _patient(3, "Cedar", "19510104", "M", (77.0, 1.74)),
    "dogwood": _patient(4, "Dogwood", "19490918", "F", (58.0, 1.60)),
    "elm": _patient(5, "Elm", "19630530", "M", (84.0, 1.80)),
    "fir": _patient(6, "Fir", "19711211", "F", (69.0, 1.68)),
    "ginkgo": _patient(7, "Ginkgo", "19550822", "M", (90.0, 1.76)),
    "hazel": _patient(8, "Hazel", "19680402", "F", (62.0, 1.63)),
    "ivy": _patient(9, "Ivy", "19900115", "F", (60.0, 1.69)),
    "juniper": _patient(10, "Juniper", "19460609", "M", (72.0, 1.71)),
    "kapok": _patient(11, "Kapok", "19830227", "M", (78.0, 1.82)),
    "larch": _patient(12, "Larch", "19601019", "F", (66.0, 1.64)),
}


def _study(tree: str, key: str, when: str, what: str, number: int) -> PhantomStudy:
    date, time = when.split("T")
    return PhantomStudy(PATIENTS[tree], key, date, time, what, f"DEMO{number:06d}")


_ALDER = (
    TumourSpec("lung_right_upper", 32, irregularity=0.9, spiculation=1.0, suv=11.0, identity=1),
    TumourSpec("node", 13, irregularity=0.3, spiculation=0, necrosis=0, suv=6.5, identity=2),
)
_ELM = (
    TumourSpec("liver", 34, suv=7.0, identity=1),
    TumourSpec("liver", 21, suv=6.0, identity=2),
    TumourSpec("liver", 14, suv=5.0, identity=3),
)
_IVY = (
    TumourSpec("lung_right_lower", 21, irregularity=0.3, spiculation=0.1, suv=8.0, identity=1),
    TumourSpec("lung_left_lower", 15, irregularity=0.3, spiculation=0.1, suv=6.0, identity=2),
    TumourSpec("lung_left_upper", 12, irregularity=0.2, spiculation=0.1, suv=5.0, identity=3),
)
_LATER = Pose(shift_lps=(5.0, -3.0, 6.0), breath_mm=-3.0)

RECIPES: tuple[StudyRecipe, ...] = (
    StudyRecipe("alder-baseline", _study("alder", "baseline", "20260810T091200",
                "CT thorax and upper abdomen", 1), 20, _ALDER, FULL),
    StudyRecipe("alder-followup", _study("alder", "followup", "20261109T101500",
                "PET/CT thorax and upper abdomen", 2), 20, _ALDER, FULL, _LATER, (1.30, 1.25),
                with_pet=True),
    StudyRecipe("birch", _study("birch", "ct", "20261102T140500", "CT thorax", 3), 2,
                (TumourSpec("lung_left_lower", 19, irregularity=0.8, spiculation=0.8,
                            identity=1),)),
    StudyRecipe("cedar", _study("cedar", "ct", "20261030T113000", "CT thorax", 4), 11,
                (TumourSpec("lung_left_upper", 47, irregularity=0.8, necrosis=0.9, identity=1),)),
    StudyRecipe("dogwood", _study("dogwood", "ct", "20261104T083000", "CT thorax", 5), 5,
                (TumourSpec("lung_right_lower", 28, irregularity=0.9, spiculation=0.9,
                            identity=1),)),
    StudyRecipe("elm-baseline", _study("elm", "baseline", "20260727T100000",
                "CT abdomen", 6), 3, _ELM),
    StudyRecipe("elm-followup", _study("elm", "followup", "20261105T102000",
                "CT abdomen after six cycles", 7), 3, _ELM, SMALL, _LATER, (0.66, 0.62, 0.6)),
    StudyRecipe("fir", _study("fir", "ct", "20261106T152500", "CT abdomen", 8), 4,
                (TumourSpec("liver", 38, irregularity=0.5, identity=1),)),
    StudyRecipe("ginkgo", _study("ginkgo", "ct", "20261029T090500", "CT abdomen", 9), 9,
                (TumourSpec("liver", 56, irregularity=0.9, necrosis=0.8, identity=1),)),
    StudyRecipe("ivy", _study("ivy", "petct", "20261103T131000", "PET/CT thorax", 10), 13,
                _IVY, with_pet=True),
    StudyRecipe("juniper", _study("juniper", "planning", "20261110T084500",
                "CT thorax, treatment planning", 11), 17,
                (TumourSpec("lung_left_lower", 24, irregularity=0.5, spiculation=0.6,
                            identity=1),), with_radiotherapy=True),
    StudyRecipe("larch", _study("larch", "ct", "20261020T110000", "CT abdomen", 12), 19,
                (TumourSpec("liver", 22, identity=1),)),
    StudyRecipe("kapok", _study("kapok", "ct", "20261112T093000", "CT thorax", 13), 23,
                (TumourSpec("lung_right_upper", 26, irregularity=0.6, identity=1),
                 TumourSpec("lung_left_lower", 17, irregularity=0.4, identity=2)),
                is_linked=False),
)  # fmt: skip

COARSE: tuple[Shape, Spacing] = ((78, 128, 128), (4.6, 2.96, 2.96))

SMALL_RECIPES: tuple[StudyRecipe, ...] = (
    StudyRecipe("small-alder", _study("alder", "small", "20261109T101500", "CT thorax", 101), 20,
                _ALDER, COARSE),
    StudyRecipe("small-ivy", _study("ivy", "small", "20261103T131000", "PET/CT thorax", 102), 13,
                _IVY, COARSE, with_pet=True, pet_grid=COARSE_PET),
    StudyRecipe("small-kapok", _study("kapok", "small", "20261112T093000", "CT thorax", 103), 23,
                (TumourSpec("lung_right_upper", 30, irregularity=0.5, identity=1),
                 TumourSpec("lung_left_lower", 22, irregularity=0.4, identity=2)),
                COARSE, is_linked=False),
)  # fmt: skip
"""Enough for an end-to-end test: seconds, not minutes. The last one waits in the PACS."""
