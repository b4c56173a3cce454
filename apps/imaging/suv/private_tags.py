"""Numbers from private elements, found by their block and checked against their creator."""

from __future__ import annotations

import math

from pydicom.dataset import Dataset
from pydicom.tag import Tag

_CREATORS = {
    0x0009: ("GEMS_PETD_01",),
    0x7053: ("Philips PET Private Group",),
}
_DEFAULT_BLOCK = 0x10


def private_value(header: Dataset, *, group: int, element: int) -> object | None:
    """Value of the element ``xxEE`` in the block its known creator has reserved.

    De-identification often drops the creator and keeps the element; without any creator in the
    customary block (10) that block is believed, with a foreign creator it is not.
    """
    block = _block(header, group=group)
    if block is None:
        return None
    found = header.get(Tag(group, (block << 8) | element))
    if found is None:
        return None
    value = found.value
    return value.decode("ascii", "replace").strip("\0 ") if isinstance(value, bytes) else value


def private_number(header: Dataset, *, group: int, element: int) -> float | None:
    """The same as a number; None when absent, zero or no number."""
    value = private_value(header, group=group, element=element)
    if value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _block(header: Dataset, *, group: int) -> int | None:
    for block in range(0x10, 0x100):
        creator = header.get(Tag(group, block))
        if creator is not None and str(creator.value).strip() in _CREATORS[group]:
            return block
    if Tag(group, _DEFAULT_BLOCK) in header:
        return None
    return _DEFAULT_BLOCK
