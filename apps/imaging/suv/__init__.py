"""Standardised uptake values from PET headers. Pure; analyses and measurements share it."""

from apps.imaging.suv.refusals import SuvRefused
from apps.imaging.suv.scaling import PET_IMAGE_STORAGE, SuvScaling, compute_suv_scaling

__all__ = ["PET_IMAGE_STORAGE", "SuvRefused", "SuvScaling", "compute_suv_scaling"]
