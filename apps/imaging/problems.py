"""Why something of a case is not shown. Codes are stable; people read the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class ProblemBase:
    """A code of ``table`` with its sentence; an error means that nothing is shown."""

    code: str
    message: str
    severity: Severity

    table: ClassVar[Mapping[str, tuple[Severity, str]]] = {}

    @classmethod
    def of(cls, code: str, **facts: Any) -> Self:
        severity, words = cls.table[code]
        return cls(code=code, message=words.format(**facts), severity=severity)
