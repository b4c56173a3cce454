from uuid import uuid4

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ai", "0007_model_administration"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ValidationRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "model_tree_sha256",
                    models.CharField(help_text="What ran, as it was at start.", max_length=64),
                ),
                (
                    "folder",
                    models.CharField(help_text="Below the configured root.", max_length=400),
                ),
                ("study_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("started_by_label", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("progress", models.FloatField(default=0.0)),
                ("stage", models.CharField(blank=True, default="", max_length=260)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("rung_at", models.DateTimeField()),
                ("worker", models.CharField(blank=True, default="", max_length=120)),
                ("reason_code", models.CharField(blank=True, default="", max_length=80)),
                ("reason_message", models.TextField(blank=True, default="")),
                ("studies_total", models.PositiveIntegerField(default=0)),
                ("studies_evaluated", models.PositiveIntegerField(default=0)),
                ("studies_out_of_scope", models.PositiveIntegerField(default=0)),
                ("studies_failed", models.PositiveIntegerField(default=0)),
                ("studies_refused", models.PositiveIntegerField(default=0)),
                (
                    "parameters",
                    models.JSONField(default=dict, help_text="What the model was run with."),
                ),
                (
                    "thresholds",
                    models.JSONField(
                        default=dict,
                        help_text="How model and reference were compared, and the model's own limits.",
                    ),
                ),
                ("software", models.JSONField(default=dict)),
                ("dataset_name", models.CharField(blank=True, default="", max_length=200)),
                ("dataset_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("metrics", models.JSONField(default=dict)),
                (
                    "report_sha256",
                    models.CharField(blank=True, default="", help_text="HTML", max_length=64),
                ),
                (
                    "rows_sha256",
                    models.CharField(blank=True, default="", help_text="CSV", max_length=64),
                ),
                (
                    "metrics_sha256",
                    models.CharField(blank=True, default="", help_text="JSON", max_length=64),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="validation_runs",
                        to="ai.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["rung_at"],
                        name="ai_validation_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("lease_until__isnull", False),
                            _connector="OR",
                        ),
                        name="running_validation_has_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "finished"), _negated=True),
                            models.Q(("report_sha256", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="finished_validation_has_report",
                    ),
                ],
            },
        ),
    ]
