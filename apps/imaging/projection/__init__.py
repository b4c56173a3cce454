"""What a de-identified viewer may know of images; see ``docs/imaging.md``."""

from apps.imaging.projection.mapping import Projection
from apps.imaging.projection.method import VERSION

__all__ = ["VERSION", "Projection"]
