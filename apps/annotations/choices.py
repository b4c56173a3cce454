from django.db.models import TextChoices


class MeasurementKind(TextChoices):
    LENGTH = "length", "length"
    BIDIRECTIONAL = "bidirectional", "bidirectional"
    PROBE = "probe", "probe"
    ANGLE = "angle", "angle"
    COBB = "cobb", "Cobb angle"
    RECTANGLE = "rectangle", "rectangle"
    ELLIPSE = "ellipse", "ellipse"
    FREEHAND = "freehand", "freehand"
    ARROW = "arrow", "arrow"


class Layer(TextChoices):
    """Where a measurement counts: a trainee's stays a draft until somebody takes it over."""

    SHARED = "shared", "shared"
    DRAFT = "draft", "draft"


class LesionRole(TextChoices):
    """What a lesion is to a response assessment (RECIST 1.1, Eisenhauer 2009, 3.1 and 4.3)."""

    TARGET = "target", "target"
    NON_TARGET = "non_target", "non-target"
    NEW = "new", "new"


SITES = (
    "adrenal",
    "bone",
    "brain",
    "breast",
    "kidney",
    "liver",
    "lung",
    "lymph_node",
    "mediastinum",
    "pancreas",
    "pelvis",
    "peritoneum",
    "pleura",
    "soft_tissue",
    "spleen",
)
"""Sites offered by name. Any other short text is a person's own words."""
