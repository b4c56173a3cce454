"""Named mutations of the code: each breaks one rule that guards data or privacy."""

from tests.protocol.mutations import joining, lesions, ops, privacy, reading

MUTATIONS = (
    *ops.MUTATIONS,
    *joining.MUTATIONS,
    *privacy.MUTATIONS,
    *reading.MUTATIONS,
    *lesions.MUTATIONS,
)

GUARDED = (
    *("LIVE-O1", "LIVE-O2", "LIVE-O3", "LIVE-O6"),
    *("LIVE-J1", "LIVE-J2", "LIVE-J3", "LIVE-J4"),
    *("LIVE-P1", "LIVE-A1", "LIVE-A2", "LIVE-A3"),
    *("LIVE-X1", "LIVE-X2", "LIVE-X3", "LIVE-X4"),
    *("LIVE-N3", "LIVE-N4"),
)
"""Rules that must have one."""
