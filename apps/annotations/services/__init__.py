"""Writes of measurements and key images. REST and the live session come through here alike."""

from apps.annotations.services.checking import Drawing
from apps.annotations.services.key_images import KeyPlace, add_key_image, remove_key_image
from apps.annotations.services.measurements import (
    put_measurement,
    remove_measurement,
    revise_measurement,
)

__all__ = [
    "Drawing",
    "KeyPlace",
    "add_key_image",
    "put_measurement",
    "remove_key_image",
    "remove_measurement",
    "revise_measurement",
]
