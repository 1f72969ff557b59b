import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_themes_and_feedback"),
        ("health", "0001_health"),
        ("roadmaps", "0001_roadmaps"),
        ("teams", "0002_absences_and_thanks"),
        ("value", "0003_scores_recognition_and_exposures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="insight",
            name="journey",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="health.journey",
            ),
        ),
        migrations.AddField(
            model_name="insight",
            name="metric",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="value.metric",
            ),
        ),
        migrations.AddField(
            model_name="insight",
            name="said_by",
            field=models.PositiveIntegerField(
                default=1, help_text="How many customers said so.", verbose_name="said by"
            ),
        ),
        migrations.AddField(
            model_name="insight",
            name="team",
            field=models.ForeignKey(
                blank=True,
                help_text="The team that heard it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="teams.team",
            ),
        ),
        migrations.AddField(
            model_name="insight",
            name="feedback",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="catalog.feedback",
            ),
        ),
        migrations.AddField(
            model_name="feedbackform",
            name="product",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="feedback_form", to="catalog.product"
            ),
        ),
        migrations.AddField(
            model_name="feedback",
            name="form",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="received", to="catalog.feedbackform"
            ),
        ),
        migrations.AddField(
            model_name="historicalfeedbackform",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalfeedbackform",
            name="product",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="historicaltheme",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicaltheme",
            name="product",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="theme",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="themes", to="catalog.product"
            ),
        ),
        migrations.AddField(
            model_name="insight",
            name="theme",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="catalog.theme",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.CheckConstraint(
                condition=models.Q(("said_by__gte", 1)),
                name="insight_is_said_by_somebody",
                violation_error_message="At least one customer said it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retracted_at", None)),
                fields=("feedback",),
                name="insight_is_kept_once",
                violation_error_message="This feedback is kept as an insight already. Correct that one.",
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["form", "received_at"], name="feedback_by_form"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("sender", ""), _negated=True),
                fields=["sender", "received_at"],
                name="feedback_by_sender",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.UniqueConstraint(
                fields=("form", "key"), name="feedback_counts_once", violation_error_message="This key was used before."
            ),
        ),
    ]
