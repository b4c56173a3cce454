from django.db.models import TextChoices


class MeasurementKind(TextChoices):
    LENGTH = "length", "length"
    BIDIRECTIONAL = "bidirectional", "bidirectional"


class Layer(TextChoices):
    """Where a measurement counts: a trainee's stays a draft until somebody takes it over."""

    SHARED = "shared", "shared"
    DRAFT = "draft", "draft"
