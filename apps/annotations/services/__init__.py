"""Writes of measurements, lesions and key images, for REST and the live session alike."""

from apps.annotations.services.checking import Drawing
from apps.annotations.services.key_images import KeyPlace, add_key_image, remove_key_image
from apps.annotations.services.lesions import Saying, put_lesion, remove_lesion, revise_lesion
from apps.annotations.services.measurements import (
    assign_measurement,
    put_measurement,
    remove_measurement,
    revise_measurement,
)

__all__ = [
    "Drawing",
    "KeyPlace",
    "Saying",
    "add_key_image",
    "assign_measurement",
    "put_lesion",
    "put_measurement",
    "remove_key_image",
    "remove_lesion",
    "remove_measurement",
    "revise_lesion",
    "revise_measurement",
]
