"""How far below the rib cage a place in the lungs lies: the costal pleura told from the rest.

In an axial slice the ribs wrap both lungs like a rubber band: the convex hull of both is the inside
of the chest wall, and what is concave (mediastinum, heart, hilum, diaphragm) lies away from it.
Convexity is the usual way to bring nodules on the pleura back into the lung (Armato 2004, Acad
Radiol 11:1011, rolls a ball along the border; Pu 2008, Comput Med Imaging Graph 32:452, marches
along its convex points). Here it does not change the lung: it says where a piece that is cut flat
may be a nodule on the chest wall and where it is what closing filled in beside the heart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from apps.ai.analyses.lungs import Lungs

#: Fewer blocks of lung in a slice wrap nothing.
_FEWEST_BLOCKS = 50


def depth_below_ribs_mm(lungs: Lungs) -> NDArray[np.float32]:
    """Distance to the outside of the convex hull of both lungs, slice by slice; 0 outside of it.

    On the blocks of ``lungs``, (foot to head, front to back, right to left), in mm.
    """
    depth = np.zeros(lungs.sides.shape, dtype=np.float32)
    rows = np.arange(lungs.sides.shape[1]) * lungs.spacing_mm[1]
    columns = np.arange(lungs.sides.shape[2]) * lungs.spacing_mm[2]
    for index, plane in enumerate(lungs.sides > 0):
        if np.count_nonzero(plane) < _FEWEST_BLOCKS:
            continue
        edge = plane & ~ndimage.binary_erosion(plane)
        points_mm = np.argwhere(edge) * np.array(lungs.spacing_mm[1:])
        try:
            facets = ConvexHull(points_mm).equations
        except QhullError:
            continue
        nearest = np.full(plane.shape, np.inf)
        for across, along, offset in facets:
            inside = -(across * rows[:, None] + along * columns[None, :] + offset)
            np.minimum(nearest, inside, out=nearest)
        depth[index] = np.clip(nearest, 0.0, None)
    return depth
