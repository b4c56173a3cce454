from enum import IntEnum


class CloseCode(IntEnum):
    """Why the server closes (LIVE-B4)."""

    NORMAL = 1000
    INVALID = 4400
    TICKET = 4401
    FORBIDDEN = 4403
    RESYNC = 4408
    REPLACED = 4409
    ENDED = 4410
    UPGRADE = 4426
