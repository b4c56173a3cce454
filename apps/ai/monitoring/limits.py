"""Every threshold of monitoring, with where it comes from."""

SMALL_CELL = 10
"""Nothing is said of fewer (clinical reference, E5)."""

BLOCK_WEEKS = 4
"""Subgroups are counted in blocks of this many weeks, which never overlap."""

WEEKS_DEFAULT = 12
WEEKS_MAX = 104

FAST_DISMISSAL_MS = 2_000
"""Dismissed sooner than this nobody has read it (clinical reference, E4)."""

FIRST_RUNS = 200
"""How many of a version's first runs are its reference where no validation left one."""

REFERENCE_MAX = 5_000
"""Values kept of one feature; a longer list is thinned evenly."""

PSI_WARN = 0.10
PSI_ACT = 0.25
PSI_BINS = 10
"""Clinical reference, E5; the usual reading (Siddiqi, Credit Risk Scorecards, 2006)."""

WATCHED_WEEKS = 4
"""Rules look at the last complete weeks, this many."""
EARLIER_WEEKS = 12
"""And compare with those before."""

RULE_MIN_N = 20
"""A rule says nothing of fewer."""

FAILURES_ALLOWED = 0.05
FAST_DISMISSALS_ALLOWED = 0.20
URGENT_ALLOWED = 0.05
"""At most this share of the studies flagged urgent (clinical reference, E4)."""
