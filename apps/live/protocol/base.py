"""Building blocks of the wire format: strict models and bounded scalar types.

Positions follow LIVE-L1: LPS millimetres in a FrameOfReferenceUID, or sub-pixel image
column and row where an image has no patient space. Slice indices and canvas pixels have
no type here on purpose.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypeAliasType

PROTOCOL_NAME = "consilium.live.v1"
PROTOCOL_VERSION = 1
PROTOCOL_MINOR = 3
"""Raised when messages grow after a release; what was before goes into ``history`` (older.py)."""

SUBPROTOCOLS = (PROTOCOL_NAME, f"{PROTOCOL_NAME}.{PROTOCOL_MINOR}")
"""What a client of this version offers: the protocol, and which minor version it speaks."""

MAX_MESSAGE_BYTES = 64 * 1024
MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer a browser can hold exactly."""

# PS3.5 6.2: a UID has at most 64 characters.
DicomUid = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=64)]

# A patient is smaller than 100 m; anything beyond is a broken client, not an image.
Millimetres = Annotated[float, Field(ge=-100_000.0, le=100_000.0, allow_inf_nan=False)]
PositiveMillimetres = Annotated[float, Field(gt=0.0, le=100_000.0, allow_inf_nan=False)]
Pixels = Annotated[float, Field(ge=-1_000_000.0, le=1_000_000.0, allow_inf_nan=False)]
PositivePixels = Annotated[float, Field(gt=0.0, le=1_000_000.0, allow_inf_nan=False)]
UnitComponent = Annotated[float, Field(ge=-1.001, le=1.001, allow_inf_nan=False)]
StoredValue = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

PointLps = TypeAliasType("PointLps", tuple[Millimetres, Millimetres, Millimetres])
PointImage = TypeAliasType("PointImage", tuple[Pixels, Pixels])
UnitVector = TypeAliasType("UnitVector", tuple[UnitComponent, UnitComponent, UnitComponent])

FrameNumber = Annotated[int, Field(ge=1, le=1_000_000)]
"""Frame of a SOP instance, counted from 1 as in PS3.3 C.7.6.16 (1 for single-frame)."""

SequenceNumber = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Revision = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
EntityVersion = Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.\-]*$", max_length=64)]
Label = Annotated[str, StringConstraints(max_length=200)]


class WireModel(BaseModel):
    """A value on the wire: immutable, and any field nobody declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
