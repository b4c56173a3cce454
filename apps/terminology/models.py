"""Code lists that a site has loaded beside the bundled ones."""

from django.db import models
from django.db.models import Q

from apps.core.models import BaseModel


class CodeList(BaseModel):
    """One loaded file. A newer file of the same name takes its place; the older one is kept."""

    system = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    licence = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(retired_at__isnull=True),
                name="one_code_list_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ListedCode(models.Model):
    id = models.BigAutoField(primary_key=True)
    code_list = models.ForeignKey(CodeList, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(max_length=40)
    display = models.CharField(max_length=300)
    synonyms = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code_list", "code"], name="one_line_per_code")
        ]

    def __str__(self) -> str:
        return self.code
