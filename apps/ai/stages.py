"""How long each stage of a run took: said in the log when the run is over."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class StageClock:
    """Seconds by stage; a stage lasts until another one is entered."""

    _seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _since: float = 0.0

    def enter(self, stage: str) -> None:
        if stage == self._stage:
            return
        now = time.monotonic()
        if self._stage:
            before = self._seconds.get(self._stage, 0.0)
            self._seconds[self._stage] = before + now - self._since
        self._stage, self._since = stage, now

    def stop(self) -> dict[str, float]:
        """Seconds of every stage so far, in the order in which they were entered."""
        self.enter("")
        return dict(self._seconds)
