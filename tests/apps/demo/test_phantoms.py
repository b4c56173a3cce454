"""The phantom is the same patient on every grid, every day, and its truth is what it draws."""

import numpy as np
import pytest

from apps.demo.phantoms import Pose, TumourSpec, generate_ct, place_tumours
from apps.demo.phantoms.generate import COARSE_SHAPE, COARSE_SPACING_MM, PhantomVolume
from apps.demo.phantoms.noise import SmoothNoise, make_quantum_noise
from apps.demo.phantoms.tumours import SITES

TUMOURS = (
    TumourSpec("lung_right_upper", 32, identity=1),
    TumourSpec("liver", 26, identity=2),
)


def draw(**changes: object) -> PhantomVolume:
    options: dict = {
        "seed": 31,
        "shape": COARSE_SHAPE,
        "spacing_mm": COARSE_SPACING_MM,
        "tumours": TUMOURS,
    }
    return generate_ct(**(options | changes))


@pytest.fixture(scope="module")
def phantom() -> PhantomVolume:
    return draw(noise_hu=0)


def test_same_seed_gives_the_same_voxels() -> None:
    first, second = draw(), draw()
    assert np.array_equal(first.hu, second.hu)
    assert np.array_equal(first.truth["tumour"], second.truth["tumour"])


def test_another_seed_gives_another_patient(phantom: PhantomVolume) -> None:
    other = draw(seed=32, noise_hu=0)
    assert other.anatomy != phantom.anatomy
    assert (np.abs(other.hu.astype(int) - phantom.hu) > 100).mean() > 0.03


def test_another_noise_seed_changes_the_noise_only(phantom: PhantomVolume) -> None:
    difference = draw(noise_seed=5).hu.astype(float) - phantom.hu
    inside = phantom.truth["liver"]
    assert abs(difference[inside].mean()) < 0.5
    assert 6 < difference[inside].std() < 22


@pytest.mark.parametrize(
    ("organ", "low_hu", "high_hu"),
    [
        ("lung_left", -930, -720),
        ("lung_right", -930, -720),
        ("liver", 90, 140),
        ("spleen", 110, 140),
        ("kidney_left", 140, 210),
        ("kidney_right", 140, 210),
        ("aorta", 140, 190),
    ],
)
def test_organs_have_the_attenuation_of_portal_venous_ct(
    phantom: PhantomVolume, organ: str, low_hu: float, high_hu: float
) -> None:
    median = float(np.median(phantom.hu[phantom.truth[organ]]))
    assert low_hu < median < high_hu


@pytest.mark.parametrize(
    ("organ", "low_ml", "high_ml"),
    [
        ("lung_left", 1100, 2600),
        ("lung_right", 1200, 2900),
        ("liver", 1000, 2100),
        ("spleen", 70, 300),
        ("kidney_left", 90, 250),
        ("heart", 350, 900),
    ],
)
def test_organs_have_an_adults_volume(
    phantom: PhantomVolume, organ: str, low_ml: float, high_ml: float
) -> None:
    assert low_ml < phantom.volume_ml(organ) < high_ml


def test_lungs_and_liver_do_not_overlap(phantom: PhantomVolume) -> None:
    truth = phantom.truth
    assert not (truth["lung_left"] & truth["lung_right"]).any()
    lungs = truth["lung_left"] | truth["lung_right"]
    assert (lungs & truth["liver"]).sum() < 0.002 * truth["liver"].sum()
    assert not (lungs & ~truth["body"]).any()


def test_air_and_bone_are_there(phantom: PhantomVolume) -> None:
    outside = phantom.hu[~phantom.truth["body"]]
    assert np.median(outside) == -1000
    assert (phantom.hu > 250).sum() * np.prod(phantom.spacing_mm) / 1000 > 250  # mL of bone


def test_same_patient_on_two_grids(phantom: PhantomVolume) -> None:
    fine = draw(shape=(61, 128, 128), spacing_mm=(6.0, 3.0, 3.0), noise_hu=0)
    for name in ("liver", "lung_left", "heart", "tumour_0", "tumour_1"):
        assert fine.volume_ml(name) == pytest.approx(phantom.volume_ml(name), rel=0.08)
    assert fine.tumour_centres_lps == phantom.tumour_centres_lps


def test_lesions_lie_where_and_are_as_large_as_the_truth_says(phantom: PhantomVolume) -> None:
    for index, spec in enumerate(phantom.tumours):
        mask = phantom.truth[f"tumour_{index}"]
        slices, rows, columns = (axis.mean() for axis in np.nonzero(mask))
        centroid = (phantom.affine_lps @ np.array([columns, rows, slices, 1]))[:3]
        assert np.linalg.norm(centroid - phantom.tumour_centres_lps[index]) < 0.2 * spec.diameter_mm
        sphere_ml = np.pi / 6 * spec.diameter_mm**3 / 1000
        assert 0.5 * sphere_ml < phantom.volume_ml(f"tumour_{index}") < 2.2 * sphere_ml
    assert np.array_equal(
        phantom.truth["tumour"], phantom.truth["tumour_0"] | phantom.truth["tumour_1"]
    )


def test_lung_mass_is_dense_in_dark_lung_and_metastasis_dark_in_liver(
    phantom: PhantomVolume,
) -> None:
    mass, metastasis = phantom.truth["tumour_0"], phantom.truth["tumour_1"]
    assert np.median(phantom.hu[mass]) > 10
    assert np.median(phantom.hu[metastasis]) < np.median(phantom.hu[phantom.truth["liver"]]) - 20


def test_follow_up_keeps_place_and_shape_and_grows(phantom: PhantomVolume) -> None:
    placed = place_tumours(seed=31, tumours=TUMOURS)
    assert tuple(one.centre_lps for one in placed) == phantom.tumour_centres_lps
    shift = (5.0, -3.0, 6.0)
    grown = tuple(
        TumourSpec(
            one.site,
            one.diameter_mm * 1.25,
            centre_lps=tuple(np.add(one.centre_lps, shift)),
            identity=one.identity,
        )
        for one in placed
    )
    later = draw(tumours=grown, pose=Pose(shift_lps=shift), noise_hu=0)
    ratio = later.volume_ml("tumour_1") / phantom.volume_ml("tumour_1")
    assert ratio == pytest.approx(1.25**3, rel=0.12)
    moved = np.subtract(later.tumour_centres_lps[1], phantom.tumour_centres_lps[1])
    assert moved == pytest.approx(shift)
    assert later.volume_ml("heart") == pytest.approx(phantom.volume_ml("heart"), rel=0.03)


@pytest.mark.parametrize("site", SITES)
def test_every_site_takes_a_lesion(site: str) -> None:
    volume = draw(tumours=(TumourSpec(site, 20),), with_truth=False, noise_hu=0)
    assert volume.truth["tumour"].any()


def test_several_lesions_keep_apart() -> None:
    placed = place_tumours(
        seed=3, tumours=tuple(TumourSpec("lung", 18, identity=n) for n in range(4))
    )
    points = np.array([one.centre_lps for one in placed])
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2) + 1000 * np.eye(4)
    assert gaps.min() > 18


@pytest.mark.parametrize(("site", "diameter_mm"), [("toe", 20.0), ("liver", 0.5), ("liver", 500.0)])
def test_impossible_lesions_are_refused(site: str, diameter_mm: float) -> None:
    with pytest.raises(ValueError):
        TumourSpec(site, diameter_mm)


def test_smooth_noise_does_not_depend_on_the_grid() -> None:
    noise = SmoothNoise(4, "x", 12.0)
    y, x = np.arange(-30.0, 30, 3), np.arange(-20.0, 20, 2)
    grid = noise.on_axes(np.array([7.0]), y, x)[0]
    points = np.array([[x[5], y[3], 7.0], [x[11], y[9], 7.0]])
    assert noise.at_points(points) == pytest.approx([grid[3, 5], grid[9, 11]], abs=1e-4)


def test_smooth_noise_has_unit_deviation() -> None:
    axis = np.arange(-150.0, 150, 5)
    assert SmoothNoise(4, "y", 9.0).on_axes(axis, axis, axis).std() == pytest.approx(1, rel=0.1)


def test_quantum_noise_is_fine_grained() -> None:
    noise = make_quantum_noise(seed=1, shape=(4, 128, 128), spacing_mm=(3, 0.8, 0.8))
    assert noise.std() == pytest.approx(1, rel=0.05)
    spectrum = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0)
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
    low = spectrum[(frequency > 0) & (frequency < 0.05)].mean()
    middle = spectrum[(frequency > 0.2) & (frequency < 0.3)].mean()
    assert middle > 4 * low
