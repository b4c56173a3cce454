"""Models that stay loaded between runs, held to a size and to what the device has free."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from apps.ai.runner.memory import device_memory


class Loaded(Protocol):
    """A model that knows its size."""

    @property
    def memory_bytes(self) -> int: ...


Model = TypeVar("Model", bound=Loaded)


class WarmModels(Generic[Model]):
    """Least recently used goes first.

    Parameters
    ----------
    budget_bytes : all models together hold no more, the one in use excepted.
    """

    def __init__(self, *, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._models: dict[str, Model] = {}

    def __len__(self) -> int:
        return len(self._models)

    def take(self, key: str, *, device: str, room_bytes: int, load: Callable[[], Model]) -> Model:
        """The warm model under ``key``, or a new one; others make room for it.

        Parameters
        ----------
        room_bytes : what the run needs of the device; others go until so much is free, or none
            is left.
        """
        model = self._models.pop(key, None)
        while self._models and device_memory(device).free_bytes < room_bytes:
            self._drop_oldest(device)
        if model is None:
            model = load()
        while self._models and self._held() + model.memory_bytes > self._budget_bytes:
            self._drop_oldest(device)
        self._models[key] = model
        return model

    def _held(self) -> int:
        return sum(model.memory_bytes for model in self._models.values())

    def _drop_oldest(self, device: str) -> None:
        self._models.pop(next(iter(self._models)))
        gc.collect()
        if device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()
        else:
            # The C library keeps what was freed; the kernel would not count it as available.
            getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)(0)
