"""Phantom patients for training and for the held-out test: which lesions a seed gets.

Seeds below ``HELD_OUT_FROM`` may be trained on; those from it upwards never are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.demo.phantoms import PhantomVolume, Pose, TumourSpec, generate_ct

HELD_OUT_FROM = 9000
#: (slice, row, column): the grid the network works on, wide enough for the whole body.
TRAINING_SHAPE = (123, 152, 152)
TRAINING_SPACING_MM = (3.0, 2.5, 2.5)


@dataclass(frozen=True)
class PhantomCase:
    """One phantom as the network sees it.

    Attributes
    ----------
    hu, tumour:
        (x, y, z) in RAS order, as ``Orientationd`` would leave them.
    """

    seed: int
    hu: NDArray[np.float32]
    tumour: NDArray[np.bool_]


def draw_tumours(seed: int) -> tuple[TumourSpec, ...]:
    """The lesions of the patient with this seed: none in every sixth, up to three in others."""
    rng = np.random.default_rng([seed, 20])
    if seed % 6 == 5:
        return ()
    sites = [["lung"], ["liver"], ["lung", "liver"], ["lung", "lung"], ["liver", "liver", "lung"]][
        int(rng.integers(5))
    ]
    return tuple(
        TumourSpec(
            site=site,
            diameter_mm=float(np.exp(rng.uniform(np.log(14.0), np.log(55.0)))),
            irregularity=float(rng.uniform(0.1, 1.0)),
            spiculation=float(rng.uniform(0.0, 1.0)),
            necrosis=float(rng.uniform(0.0, 0.8)),
            identity=number,
        )
        for number, site in enumerate(sites)
    )


def draw_phantom(
    *,
    seed: int,
    shape: tuple[int, int, int] = TRAINING_SHAPE,
    spacing_mm: tuple[float, float, float] = TRAINING_SPACING_MM,
) -> PhantomVolume:
    """The phantom of this seed, its lesions, pose and noise included."""
    rng = np.random.default_rng([seed, 21])
    shift = rng.uniform(-12.0, 12.0, 3)
    return generate_ct(
        seed=seed,
        shape=shape,
        spacing_mm=spacing_mm,
        tumours=draw_tumours(seed),
        noise_hu=float(rng.uniform(6.0, 16.0)),
        pose=Pose(
            shift_lps=(float(shift[0]), float(shift[1]), float(shift[2])),
            breath_mm=float(rng.uniform(-10.0, 15.0)),
        ),
        with_truth=False,
    )


def draw_case(*, seed: int) -> PhantomCase:
    """The same, turned from (slice, row, column) LPS to (x, y, z) RAS."""
    phantom = draw_phantom(seed=seed)
    return PhantomCase(
        seed=seed,
        hu=_to_ras(phantom.hu.astype(np.float32)),
        tumour=_to_ras(phantom.truth["tumour"]),
    )


def _to_ras(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array.transpose(2, 1, 0)[::-1, ::-1])
