import django.utils.timezone
from django.db import migrations, models


def keep_the_order(apps, schema_editor):
    """Jobs stand where they stood: by when they were asked for; none had another priority."""
    job = apps.get_model("ai", "Job")
    job.objects.update(queued_at=models.F("created_at"), rank_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("ai", "0003_job_inputs_and_statements")]

    operations = [
        migrations.RemoveIndex(model_name="job", name="ai_job_queue"),
        migrations.RemoveField(model_name="job", name="priority"),
        migrations.AddField(
            model_name="job", name="is_urgent", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="job",
            name="rank_reason",
            field=models.CharField(
                choices=[
                    ("turn", "By its turn"),
                    ("meeting", "Its case is on a coming agenda"),
                    ("urgent", "Asked for as urgent"),
                ],
                default="turn",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="queued_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="job",
            name="rank_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="queued_at less its head start: the earliest is next",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(keep_the_order, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "queued")),
                fields=["rank_at", "id"],
                name="ai_job_queue",
            ),
        ),
    ]
