"""Models, their exact contents, and who approved them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.core.models import BaseModel


class Model(BaseModel):
    """Something that reads images: a MONAI bundle or a built-in analysis."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=choices.ModelKind.choices)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.slug


class ModelVersion(BaseModel):
    """One exact content of a model. What is approved is ``tree_sha256``, nothing else."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=60)
    tree_sha256 = models.CharField(max_length=64)
    module = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(
        max_length=10, choices=choices.VersionState.choices, default=choices.VersionState.REGISTERED
    )
    card = models.JSONField(default=dict)
    scope = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    default_parameters = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["model", "tree_sha256"], name="one_version_per_tree"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(state="active"), name="one_active_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.version}"


class ModelApproval(BaseModel):
    """One person's word for one content. It does not carry over to another hash."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="approvals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, help_text="administration or clinic")
    tree_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="one_approval_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.user_id}"
