"""Texture matrices against the plain way to count them, on random segments."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from tests.apps.ai import radiomics_phantoms as plain
from tests.apps.ai.radiomics_phantoms import (
    AS_LEVELS,
    Voxel,
    measure,
    random_segment,
    reasons_of,
    values_of,
)

SEEDS = range(6)
Table = Counter[tuple[int, int]]


def measured_of(levels: np.ndarray) -> dict[str, float]:
    return values_of(measure(levels, levels > 0, AS_LEVELS))


def slices_of(voxels: dict[Voxel, int]) -> list[dict[Voxel, int]]:
    found: dict[int, dict[Voxel, int]] = defaultdict(dict)
    for voxel, level in voxels.items():
        found[voxel[0]][voxel] = level
    return list(found.values())


def mean_of(tables: Iterable[Table], feature: Callable[[Table], float]) -> float:
    return float(np.mean([feature(table) for table in tables if table]))


def merged(tables: Iterable[Table]) -> Table:
    return sum(tables, Counter())


def six_ways(
    voxels: dict[Voxel, int], count: Callable[[dict[Voxel, int], Voxel], Table]
) -> dict[str, list[Table]]:
    """The matrices that each aggregation averages over."""
    flat, solid = plain.half_steps(flat=True), plain.half_steps(flat=False)
    slices = slices_of(voxels)
    return {
        "2D_avg": [count(one, step) for one in slices for step in flat],
        "2D_comb": [merged(count(one, step) for step in flat) for one in slices],
        "2_5D_avg": [merged(count(one, step) for one in slices) for step in flat],
        "2_5D_comb": [merged(count(one, step) for one in slices for step in flat)],
        "3D_avg": [count(voxels, step) for step in solid],
        "3D_comb": [merged(count(voxels, step) for step in solid)],
    }


def shares(table: Table) -> dict[tuple[int, int], float]:
    total = sum(table.values())
    return {key: count / total for key, count in table.items()}


def contrast(table: Table) -> float:
    return sum(p * (i - j) ** 2 for (i, j), p in shares(table).items())


def joint_entropy(table: Table) -> float:
    return -sum(p * math.log2(p) for p in shares(table).values())


def cluster_shade(table: Table) -> float:
    p = shares(table)
    mean = sum(one * i for (i, _), one in p.items())
    return sum(one * (i + j - 2 * mean) ** 3 for (i, j), one in p.items())


def correlation(table: Table) -> float:
    p = shares(table)
    mean = sum(one * i for (i, _), one in p.items())
    variance = sum(one * (i - mean) ** 2 for (i, _), one in p.items())
    return sum(one * (i - mean) * (j - mean) for (i, j), one in p.items()) / variance


def information_1(table: Table) -> float:
    p = shares(table)
    row: Counter[int] = Counter()
    for (i, _), one in p.items():
        row[i] += one  # type: ignore[assignment]
    independent = -sum(one * math.log2(row[i] * row[j]) for (i, j), one in p.items())
    own = -sum(one * math.log2(one) for one in row.values())
    return (joint_entropy(table) - independent) / own


CO_OCCURRENCE = {
    "cm_contrast": contrast,
    "cm_joint_entr": joint_entropy,
    "cm_clust_shade": cluster_shade,
    "cm_info_corr1": information_1,
    "cm_corr": correlation,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_co_occurrence_is_counted_pair_by_pair(seed: int) -> None:
    levels = random_segment(seed)
    measured = measured_of(levels)
    for way, tables in six_ways(plain.voxels_of(levels), plain.pairs).items():
        for name, feature in CO_OCCURRENCE.items():
            assert measured[f"{name}_{way}"] == pytest.approx(mean_of(tables, feature)), (name, way)


def small(table: Table) -> float:
    return sum(p / j**2 for (_, j), p in shares(table).items())


def large_high(table: Table) -> float:
    return sum(p * i**2 * j**2 for (i, j), p in shares(table).items())


def non_uniformity(table: Table) -> float:
    """Of the second index."""
    marginal: Counter[int] = Counter()
    for (_, j), count in table.items():
        marginal[j] += count
    return sum(count**2 for count in marginal.values()) / sum(table.values())


def spread(table: Table) -> float:
    p = shares(table)
    mean = sum(one * j for (_, j), one in p.items())
    return sum(one * (j - mean) ** 2 for (_, j), one in p.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_are_followed_one_by_one(seed: int) -> None:
    levels = random_segment(seed, levels=2)
    measured = measured_of(levels)

    def count(voxels: dict[Voxel, int], step: Voxel) -> Table:
        return Counter(plain.runs(voxels, step))

    for way, tables in six_ways(plain.voxels_of(levels), count).items():
        for name, feature in {
            "rlm_sre": small,
            "rlm_lrhge": large_high,
            "rlm_rlnu": non_uniformity,
            "rlm_rl_var": spread,
            "rlm_rl_entr": joint_entropy,
        }.items():
            assert measured[f"{name}_{way}"] == pytest.approx(mean_of(tables, feature)), (name, way)


@pytest.mark.parametrize("seed", SEEDS)
def test_zones_are_flooded_and_their_way_out_is_walked(seed: int) -> None:
    levels = random_segment(seed, shape=(5, 6, 7), levels=3)
    measured = measured_of(levels)
    voxels = plain.voxels_of(levels)
    sizes: dict[str, list[Table]] = {"2D": [], "3D": []}
    distances: dict[str, list[Table]] = {"2D": [], "3D": []}
    for way, parts in {"2D": slices_of(voxels), "3D": [voxels]}.items():
        flat = way == "2D"
        for part in parts:
            found = list(plain.zones(part, plain.all_steps(flat)))
            sizes[way].append(Counter((level, len(zone)) for level, zone in found))
            out = {one: plain.steps_to_edge(set(part), one, flat) for one in part}
            distances[way].append(
                Counter((level, min(out[one] for one in zone)) for level, zone in found)
            )
    for prefix, tables in (("szm", sizes), ("dzm", distances)):
        tables["2_5D"] = [merged(tables["2D"])]
        names = ("sze", "lzhge", "zsnu", "zs_var") if prefix == "szm" else ("sde", "ldhge", "zdnu",
                                                                            "zd_var")  # fmt: skip
        for way, ones in tables.items():
            features = (small, large_high, non_uniformity, spread)
            for name, feature in zip(names, features, strict=True):
                wanted = mean_of(ones, feature)
                assert measured[f"{prefix}_{name}_{way}"] == pytest.approx(wanted), (name, way)


@pytest.mark.parametrize("seed", SEEDS)
def test_dependences_are_counted_voxel_by_voxel(seed: int) -> None:
    levels = random_segment(seed, levels=3)
    measured = measured_of(levels)
    voxels = plain.voxels_of(levels)

    def table(part: dict[Voxel, int], flat: bool) -> Table:
        steps = plain.all_steps(flat)
        return Counter(
            (level, 1 + sum(part.get(plain.moved(one, step)) == level for step in steps))
            for one, level in part.items()
        )

    flat = [table(one, True) for one in slices_of(voxels)]
    tables = {"2D": flat, "2_5D": [merged(flat)], "3D": [table(voxels, False)]}
    for way, ones in tables.items():
        for name, feature in {
            "ngl_lde": small,
            "ngl_hdhge": large_high,
            "ngl_dcnu": non_uniformity,
            "ngl_dc_entr": joint_entropy,
        }.items():
            assert measured[f"{name}_{way}"] == pytest.approx(mean_of(ones, feature)), (name, way)


@pytest.mark.parametrize("seed", SEEDS)
def test_grey_tone_differences_are_those_of_each_voxel_and_its_surroundings(seed: int) -> None:
    levels = random_segment(seed)
    measured = measured_of(levels)
    voxels = plain.voxels_of(levels)
    steps = plain.all_steps(flat=False)
    count: Counter[int] = Counter()
    difference: dict[int, float] = defaultdict(float)
    for voxel, level in voxels.items():
        around = [voxels[one] for one in (plain.moved(voxel, s) for s in steps) if one in voxels]
        if around:
            count[level] += 1
            difference[level] += abs(level - float(np.mean(around)))
    total = sum(count.values())
    p = {level: number / total for level, number in count.items()}
    rate = sum(p[i] * difference[i] for i in p)
    assert measured["ngt_coarseness_3D"] == pytest.approx(1 / rate)
    spread_of_levels = sum(abs(i * p[i] - j * p[j]) for i in p for j in p)
    assert measured["ngt_busyness_3D"] == pytest.approx(rate / spread_of_levels)
    strength = sum((p[i] + p[j]) * (i - j) ** 2 for i in p for j in p) / sum(difference.values())
    assert measured["ngt_strength_3D"] == pytest.approx(strength)


def test_stripes_are_long_runs_one_way_and_short_ones_the_other() -> None:
    stripes = np.ones((4, 8, 8), dtype=int)
    stripes[:, ::2, :] = 2
    measured = measured_of(stripes)
    assert measured["cm_contrast_2_5D_comb"] == pytest.approx(
        # Neighbours in a row are alike, all others one level apart: 56 of 56 + 56 + 2 × 49 pairs.
        (56 + 2 * 49) / (56 + 56 + 2 * 49)
    )
    assert measured["szm_lze_3D"] == pytest.approx((4 * 8) ** 2)
    assert measured["ngl_dc_perc_3D"] == 1


def test_a_chequerboard_of_cubes_has_one_zone_of_each_level_in_space() -> None:
    board = np.indices((4, 5, 6)).sum(axis=0) % 2 + 1
    measured = measured_of(board)
    # Over edges and corners all cubes of one colour touch.
    assert measured["szm_sze_3D"] == pytest.approx(1 / 60**2)
    assert measured["szm_z_perc_3D"] == pytest.approx(2 / 120)


@pytest.mark.parametrize("settings", [plain.PLAIN, AS_LEVELS])
def test_a_constant_segment_has_a_shape_and_statistics_but_no_texture(settings: object) -> None:
    voxels = np.full((4, 5, 6), 7)
    result = measure(voxels, settings=settings)  # type: ignore[arg-type]
    values, refused = values_of(result), reasons_of(result)
    assert values["stat_mean"] == 7
    assert (values["stat_var"], values["stat_skew"], values["stat_kurt"]) == (0, 0, 0)
    assert values["morph_volume"] > 0
    assert set(refused.values()) == {"one_grey_level"}
    kinds = {code.split("_", maxsplit=1)[0] for code in refused}
    assert kinds == {"morph", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl"}
    assert {code for code in refused if code.startswith("morph")} == {
        "morph_moran_i",
        "morph_geary_c",
    }


def test_a_slice_of_one_grey_level_has_no_correlation_and_the_others_stay() -> None:
    levels = random_segment(1)
    levels[0] = 2
    result = measure(levels, levels > 0, AS_LEVELS)
    refused = {
        code: reason for code, reason in reasons_of(result).items() if not code.startswith("ivh_")
    }
    assert refused == {
        f"{name}_{way}": "undefined_in_a_matrix"
        for name, ways in (
            ("cm_corr", ("2D_avg", "2D_comb")),
            ("cm_info_corr1", ("2D_avg", "2D_comb")),
            ("ngt_coarseness", ("2D",)),
        )
        for way in ways
    }
    assert all(math.isfinite(one) for one in values_of(result).values())


def test_voxels_that_touch_nowhere_have_no_pairs() -> None:
    voxels = np.arange(7 * 7 * 7).reshape(7, 7, 7) % 5 + 1
    apart = np.zeros(voxels.shape, dtype=bool)
    apart[::2, ::2, ::2] = True
    refused = reasons_of(measure(voxels, apart))
    lost = {code for code, reason in refused.items() if reason == "no_neighbours"}
    assert {code.split("_", maxsplit=1)[0] for code in lost} == {"cm", "ngt"}
    assert len(lost) == 25 * 6 + 5 * 3
