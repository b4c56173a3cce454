"""Token buckets, one per lane and client (LIVE-B1). Pure: time is handed in."""

from dataclasses import dataclass, field

from apps.live.limits import LaneRate


@dataclass(slots=True)
class TokenBucket:
    rate: LaneRate
    tokens: float = field(init=False)
    updated_at: float | None = None

    def __post_init__(self) -> None:
        self.tokens = float(self.rate.burst)

    def take(self, *, now: float) -> bool:
        """One token, if there is one."""
        if self.updated_at is not None:
            earned = (now - self.updated_at) * self.rate.per_second
            self.tokens = min(float(self.rate.burst), self.tokens + max(earned, 0.0))
        self.updated_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True
