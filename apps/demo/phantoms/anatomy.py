"""What differs from patient to patient, and how tissues look on a portal-venous CT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.demo.phantoms.noise import seeded

# Attenuation in Hounsfield units, portal-venous phase at 120 kV.
AIR = -1000.0
LUNG = -862.0
FAT = -104.0
SKIN = 5.0
MUSCLE = 58.0
CORTICAL_BONE = 780.0
MARROW = 165.0
DISC = 88.0
CARTILAGE = 112.0
BLOOD = 168.0
PORTAL_BLOOD = 182.0
MYOCARDIUM = 112.0
LIVER = 112.0
SPLEEN = 124.0
PANCREAS = 98.0
RENAL_CORTEX = 192.0
RENAL_MEDULLA = 158.0
BOWEL_WALL = 84.0
FLUID = 14.0
CORD = 42.0
CEREBROSPINAL_FLUID = 16.0


@dataclass(frozen=True)
class Anatomy:
    """One patient's build, drawn from a seed.

    Attributes
    ----------
    width, depth, height
        Factors on the three axes of the reference body.
    fat_mm
        Thickness of the subcutaneous fat at the flank.
    breast
        0 for a male chest, otherwise the size of the breasts.
    liver, heart
        Size factors of these organs.
    kyphosis_mm
        How far the thoracic spine bends back.
    """

    seed: int
    sex: str
    width: float
    depth: float
    height: float
    fat_mm: float
    breast: float
    liver: float
    heart: float
    kyphosis_mm: float
    lung_hu: float
    liver_hu: float
    marrow_hu: float

    @classmethod
    def sample(cls, seed: int, sex: str | None = None) -> Anatomy:
        rng = seeded(seed, "anatomy")
        drawn = rng.uniform(-1, 1, 11)
        coin = "F" if rng.uniform() < 0.5 else "M"
        chosen = sex or coin
        female = chosen == "F"
        return cls(
            seed=seed,
            sex=chosen,
            width=float((0.96 if female else 1.0) + 0.035 * drawn[0]),
            depth=float((0.97 if female else 1.0) + 0.05 * drawn[1]),
            height=float((0.96 if female else 1.0) + 0.03 * drawn[2]),
            fat_mm=float((15 if female else 12) + 5 * drawn[3]),
            breast=float(1.0 + 0.3 * drawn[4]) if female else 0.0,
            liver=float(1 + 0.07 * drawn[5]),
            heart=float((0.95 if female else 1.0) + 0.06 * drawn[6]),
            kyphosis_mm=float(3 * drawn[7]),
            lung_hu=float(LUNG + 22 * drawn[8]),
            liver_hu=float(LIVER + 10 * drawn[9]),
            marrow_hu=float(MARROW + 45 * drawn[10]),
        )


# Profiles of the reference body along z (mm, 0 at the lower edge of T11, head positive).
BODY_Z = (-190, -150, -100, -50, 0, 50, 100, 150, 190, 225, 260)
BODY_HALF_WIDTH = (156, 153, 150, 151, 155, 159, 163, 166, 170, 172, 172)
BODY_FRONT = (94, 95, 96, 99, 103, 106, 106, 99, 84, 64, 54)
BODY_BACK = (106, 109, 113, 117, 121, 124, 126, 123, 114, 101, 92)

CAGE_Z = (-190, -150, -60, 0, 50, 100, 140, 170, 195, 212, 226, 236, 260)
CAGE_HALF_WIDTH = (126, 128, 130, 132, 134, 130, 120, 105, 83, 60, 36, 14, 6)
CAGE_FRONT = (76, 78, 82, 84, 86, 82, 73, 61, 46, 32, 18, 8, 5)
CAGE_BACK = (52, 55, 63, 72, 78, 80, 77, 70, 58, 44, 28, 12, 6)
CAGE_CENTRE_Y = (2, 2, 3, 5, 5, 5, 6, 8, 12, 15, 17, 18, 18)

SPINE_Z = (-190, -150, -100, -50, 0, 50, 100, 150, 190, 225, 260)
SPINE_Y = (36, 34, 33, 39, 48, 54, 57, 55, 48, 38, 30)

# Centres of the vertebral bodies L5 ... C7 and how far apart they are there.
VERTEBRA_Z = (
    -186,
    -150,
    -115,
    -81,
    -50,
    -21,
    6,
    32,
    57,
    81,
    104,
    126,
    147,
    167,
    186,
    204,
    221,
    237,
)
VERTEBRA_NAMES = ("L5", "L4", "L3", "L2", "L1", *(f"T{n}" for n in range(12, 0, -1)), "C7")


def profile(z_mm: np.ndarray, table_z: tuple[float, ...], table: tuple[float, ...]) -> np.ndarray:
    """A profile read off smoothly at heights ``z_mm``."""
    from scipy.interpolate import PchipInterpolator

    inside = np.clip(z_mm, table_z[0], table_z[-1])
    return np.asarray(PchipInterpolator(table_z, table)(inside), dtype=np.float32)
