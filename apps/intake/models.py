"""A list of patients as it came, what it was read as, and what each row became."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.accounts.models import Institution
from apps.boards.models import Board, Meeting
from apps.cases.models import Case, Patient
from apps.core.models import BaseModel, VersionedModel
from apps.intake.choices import (
    ListState,
    RowChoice,
    RowState,
    SearchState,
    Source,
    StudiesState,
)


class SiteMapping(BaseModel):
    """How lists with these headings are read at one institution: said once, used from then on."""

    institution = models.ForeignKey(
        Institution, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    headings_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict, help_text="Field to number of the column.")
    date_orders = models.JSONField(default=dict, help_text="Field to the order of its dates.")
    issuer = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "headings_sha256"], name="one_mapping_per_site"
            ),
            models.UniqueConstraint(
                fields=["headings_sha256"],
                condition=Q(institution__isnull=True),
                name="one_mapping_without_site",
            ),
        ]

    def __str__(self) -> str:
        return f"mapping of {self.institution_id}"


class IntakeList(VersionedModel):
    """One list for one board. Its rows keep what each of them became."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="+")
    meeting = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    institution = models.ForeignKey(
        Institution, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="In whose name the tasks work.",
    )  # fmt: skip
    source = models.CharField(max_length=10, choices=Source.choices)
    file_name = models.CharField(max_length=200, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    headings = models.JSONField(default=list)
    headings_sha256 = models.CharField(max_length=64)
    is_known = models.BooleanField(default=False, help_text="The site read such a list before.")
    mapping = models.JSONField(default=dict, help_text="Field to number of the column.")
    date_orders = models.JSONField(default=dict, help_text="Field to the order of its dates.")
    issuer = models.CharField(
        max_length=64, blank=True, help_text="Of every patient ID that no column says it of."
    )
    state = models.CharField(max_length=10, choices=ListState.choices, default=ListState.OPEN)
    search_state = models.CharField(
        max_length=10, choices=SearchState.choices, default=SearchState.IDLE
    )
    search_run = models.PositiveIntegerField(default=0, help_text="An older run stops.")
    problem = models.CharField(max_length=60, blank=True, help_text="Why placing stopped.")
    placed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["board", "-created_at", "id"], name="intake_newest")]

    def __str__(self) -> str:
        return f"intake list {self.pk}"


class IntakeRow(VersionedModel):
    """One patient of a list."""

    intake_list = models.ForeignKey(IntakeList, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(help_text="From 1, as in the list.")
    cells = models.JSONField(default=list)
    corrections = models.JSONField(default=dict, help_text="Field to what a person wrote instead.")
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.ERROR)
    values = models.JSONField(default=dict, help_text="What was understood.")
    errors = models.JSONField(default=list, help_text="[{field, code}]: keeps it off the agenda.")
    warnings = models.JSONField(default=list, help_text="[{field, code}]: to look at.")
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    match_reasons = models.JSONField(default=list, help_text="Why it is this patient.")
    open_cases = models.JSONField(default=list, help_text="Of this patient: [{id, title, …}].")
    same_as = models.PositiveIntegerField(
        null=True, blank=True, help_text="An earlier row with the same patient."
    )
    choice = models.CharField(max_length=4, choices=RowChoice.choices, blank=True)
    chosen_case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    search_key = models.CharField(max_length=64, blank=True, help_text="What was asked for.")
    studies_state = models.CharField(
        max_length=12, choices=StudiesState.choices, default=StudiesState.WAITING
    )
    studies = models.JSONField(default=list)
    pacs_away = models.BooleanField(default=False, help_text="One of several did not answer.")
    chosen_studies = models.JSONField(default=list, help_text="UIDs that will be linked.")
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="What it became.",
    )  # fmt: skip
    agenda_item_id = models.UUIDField(null=True, blank=True)
    made_patient = models.BooleanField(default=False)
    made_case = models.BooleanField(default=False)
    made_item = models.BooleanField(default=False)
    case_version = models.PositiveIntegerField(null=True, blank=True)
    linked_studies = models.JSONField(default=list)
    link_problems = models.JSONField(default=list, help_text="[{study_instance_uid, code}]")
    placed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake_list", "position"], name="intake_row_once")
        ]

    def __str__(self) -> str:
        return f"row {self.position} of {self.intake_list_id}"
