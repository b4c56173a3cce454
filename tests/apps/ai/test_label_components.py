"""Connected parts of a label map, searched box by box, are those of the whole map."""

import numpy as np
import pytest
from scipy import ndimage

from apps.ai.analyses.results import MaskRegion
from apps.ai.runner.label_maps import _split


def parts_of_whole(mask):
    """(first voxel, mask) of each part, in raster order, by labelling the whole volume."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    return [labels == number for number in range(1, count + 1)]


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(4))
def test_parts_and_their_order_are_those_of_the_whole(seed, share):
    generator = np.random.default_rng(seed)
    mask = generator.random((21, 34, 27)) < share
    mask[3:9, 4:11, 5:8] = True
    mask[15, 20:30, :] |= generator.random((10, 27)) < 0.4
    expected = parts_of_whole(mask)
    regions = _split(mask, per_component=True)
    assert len(regions) == len(expected)
    for region, part in zip(regions, expected, strict=True):
        assert np.array_equal(region.to_mask(), part)
        tight = MaskRegion.from_mask(part)
        assert region.start == tight.start and region.values.shape == tight.values.shape


def test_what_touches_at_a_corner_is_one_part_and_what_a_plane_separates_is_two():
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[2, 2, 2] = mask[3, 3, 3] = mask[5, 3, 3] = True
    assert [one.voxel_count for one in _split(mask, per_component=True)] == [2, 1]
    assert [one.voxel_count for one in _split(mask, per_component=False)] == [3]
    assert _split(np.zeros_like(mask), per_component=True) == []
