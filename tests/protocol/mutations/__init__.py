"""Named mutations of the code: each breaks one rule that guards data or privacy."""

from tests.protocol.mutations import joining, ops, privacy

MUTATIONS = (*ops.MUTATIONS, *joining.MUTATIONS, *privacy.MUTATIONS)

GUARDED = (
    *("LIVE-O1", "LIVE-O2", "LIVE-O3", "LIVE-O6"),
    *("LIVE-J1", "LIVE-J2", "LIVE-J3", "LIVE-J4"),
    *("LIVE-P1", "LIVE-A1", "LIVE-A2", "LIVE-A3"),
)
"""Rules that must have one."""
