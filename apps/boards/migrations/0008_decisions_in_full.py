"""The decision in full. What is signed refuses UPDATE and DELETE, whoever asks."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


FORWARD = """
CREATE FUNCTION boards_refuse_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'signed' THEN
        RAISE EXCEPTION 'a signed decision does not change (%)', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION boards_refuse_part_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN touched := ARRAY[NEW.decision_id];
    ELSIF TG_OP = 'DELETE' THEN touched := ARRAY[OLD.decision_id];
    ELSE touched := ARRAY[OLD.decision_id, NEW.decision_id];
    END IF;
    IF EXISTS (
        SELECT FROM boards_decision WHERE id = ANY(touched) AND status = 'signed'
    ) THEN
        RAISE EXCEPTION 'a signed decision does not change (% on %)', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER boards_decision_signed BEFORE UPDATE OR DELETE ON boards_decision
    FOR EACH ROW EXECUTE FUNCTION boards_refuse_signed();
CREATE TRIGGER boards_recommendation_signed
    BEFORE INSERT OR UPDATE OR DELETE ON boards_recommendation
    FOR EACH ROW EXECUTE FUNCTION boards_refuse_part_of_signed();
CREATE TRIGGER boards_position_signed BEFORE INSERT OR UPDATE OR DELETE ON boards_position
    FOR EACH ROW EXECUTE FUNCTION boards_refuse_part_of_signed();
CREATE TRIGGER boards_decisionnote_no_change BEFORE UPDATE OR DELETE ON boards_decisionnote
    FOR EACH ROW EXECUTE FUNCTION boards_refuse_change();
CREATE TRIGGER boards_decision_no_truncate BEFORE TRUNCATE ON boards_decision
    FOR EACH STATEMENT EXECUTE FUNCTION boards_refuse_change();
CREATE TRIGGER boards_decisionnote_no_truncate BEFORE TRUNCATE ON boards_decisionnote
    FOR EACH STATEMENT EXECUTE FUNCTION boards_refuse_change();
"""
BACKWARD = """
DROP TRIGGER boards_decision_signed ON boards_decision;
DROP TRIGGER boards_recommendation_signed ON boards_recommendation;
DROP TRIGGER boards_position_signed ON boards_position;
DROP TRIGGER boards_decisionnote_no_change ON boards_decisionnote;
DROP TRIGGER boards_decision_no_truncate ON boards_decision;
DROP TRIGGER boards_decisionnote_no_truncate ON boards_decisionnote;
DROP FUNCTION boards_refuse_signed();
DROP FUNCTION boards_refuse_part_of_signed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0007_readiness"),
        ("cases", "0002_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DecisionNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("addendum", "Addendum"),
                            ("correction", "Correction"),
                            ("confirmed", "Confirmed with quorum"),
                            ("told", "Told to the patient"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("author_name", models.CharField(blank=True, max_length=200)),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("in_person", "In person"),
                            ("video", "By video"),
                            ("phone", "By telephone"),
                            ("letter", "By letter"),
                        ],
                        max_length=10,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("created_at", "id"),
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="alternatives",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="decision",
            name="facts",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="patient_view",
            field=models.CharField(
                blank=True,
                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="patient_view_text",
            field=models.TextField(
                blank=True, default="", help_text="What matters to this patient."
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="previous",
            field=models.ForeignKey(
                blank=True,
                help_text="The signed decision that this re-discussion follows.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="next_decisions",
                to="boards.decision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="quorum",
            field=models.CharField(
                blank=True,
                choices=[
                    ("met", "Quorum met"),
                    ("missing", "No quorum: provisional"),
                    ("not_required", "The board asks for no quorum"),
                    ("outside", "Decided outside a meeting"),
                ],
                default="",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="quorum_missing",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Disciplines that were missing when it was decided.",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="signed_digest",
            field=models.CharField(
                blank=True, default="", help_text="SHA-256 of the signed text.", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="signed_text",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="decision",
            name="trial_considered",
            field=models.CharField(
                blank=True,
                choices=[("yes", "Yes"), ("no", "No"), ("not_applicable", "Not applicable")],
                default="",
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="trial_id",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="condition",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="evidence",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="fallbacks",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="modality",
            field=models.CharField(
                blank=True,
                choices=[
                    ("surgery", "Surgery"),
                    ("systemic", "Systemic therapy"),
                    ("radiotherapy", "Radiotherapy"),
                    ("interventional", "Interventional procedure"),
                    ("diagnostic", "Diagnostic procedure"),
                    ("imaging_follow_up", "Imaging follow-up"),
                    ("supportive", "Supportive or palliative care"),
                    ("genetic", "Genetic counselling"),
                    ("trial", "Clinical trial"),
                    ("waiting", "Watchful waiting"),
                    ("other", "Other"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="responsible_name",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="urgency",
            field=models.CharField(
                blank=True,
                choices=[("routine", "Routine"), ("soon", "Soon"), ("urgent", "Urgent")],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("status", "draft")),
                fields=["created_at", "id"],
                name="decision_to_sign",
            ),
        ),
        migrations.AddField(
            model_name="decisionnote",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="decisionnote",
            name="decision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="boards.decision",
            ),
        ),
        migrations.AddField(
            model_name="decisionnote",
            name="meeting",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="boards.meeting",
            ),
        ),
        migrations.AddField(
            model_name="decisionnote",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="decisionnote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "confirmed")),
                fields=("decision",),
                name="confirmed_once",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
