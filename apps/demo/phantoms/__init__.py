"""Procedural anthropomorphic phantoms with known truth. No patient was scanned for them."""

from apps.demo.phantoms.anatomy import Anatomy
from apps.demo.phantoms.generate import PhantomVolume, Pose, generate_ct, place_tumours
from apps.demo.phantoms.tumours import TumourSpec

__all__ = ["Anatomy", "PhantomVolume", "Pose", "TumourSpec", "generate_ct", "place_tumours"]
