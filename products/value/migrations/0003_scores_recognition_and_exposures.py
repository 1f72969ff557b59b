import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("common", "__first__"),
        ("teams", "0002_absences_and_thanks"),
        ("value", "0002_facts_are_held_by_their_writers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Celebration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.DecimalField(decimal_places=4, max_digits=15)),
                ("value", models.DecimalField(decimal_places=4, max_digits=15)),
                ("observed_on", models.DateField()),
                ("celebrated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="celebrations", to="value.metric"
                    ),
                ),
                ("people", models.ManyToManyField(related_name="celebrations", to="teams.person")),
                ("teams", models.ManyToManyField(related_name="celebrations", to="teams.team")),
            ],
            options={
                "ordering": ["-observed_on", "-pk"],
                "constraints": [models.UniqueConstraint(fields=("metric", "target"), name="celebration_is_made_once")],
            },
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retracted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True, editable=False, help_text="Why it was corrected or retracted.", max_length=500
                    ),
                ),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                ("flag", models.CharField(help_text="What the feature flag is called.", max_length=120)),
                (
                    "share",
                    models.DecimalField(
                        decimal_places=6, help_text="Part of the customers who had it, such as 0.25.", max_digits=7
                    ),
                ),
                ("starts", models.DateField()),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="The first day that no longer counts; empty is open.", null=True
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="value.exposure",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all of the product's.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exposures",
                        to="value.metric",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exposures", to="catalog.product"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="exposure_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="exposure_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("share__gt", 0), ("share__lte", 1)),
                        name="exposure_share_is_a_part",
                        violation_error_message="A share is above 0 and at most 1.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retracted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True, editable=False, help_text="Why it was corrected or retracted.", max_length=500
                    ),
                ),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                ("starts", models.DateField()),
                ("ends", models.DateField(help_text="The first day that no longer counts.")),
                ("answers", models.PositiveIntegerField(help_text="How many customers answered.")),
                (
                    "mean",
                    models.DecimalField(blank=True, decimal_places=4, help_text="Of 1 to 5.", max_digits=7, null=True),
                ),
                (
                    "deviation",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Of the answers.",
                        max_digits=7,
                        null=True,
                        verbose_name="standard deviation",
                    ),
                ),
                (
                    "completed",
                    models.PositiveIntegerField(blank=True, help_text="How many did what they came for.", null=True),
                ),
                ("source", models.CharField(help_text="Where it can be looked up.", max_length=300)),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="value.score",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scores", to="value.metric"
                    ),
                ),
                (
                    "observation",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="score",
                        to="value.observation",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="score_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends"))),
                        name="score_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("metric", "starts"),
                        name="score_is_known_once",
                        violation_error_message="This metric already has a score that starts on this day. Correct that one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answers__gte", 1)),
                        name="score_has_answers",
                        violation_error_message="A score takes at least one answer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("completed", None),
                                ("deviation__gte", 0),
                                ("deviation__lte", 4),
                                ("mean__gte", 1),
                                ("mean__lte", 5),
                            ),
                            models.Q(
                                ("completed__gte", 0),
                                ("completed__lte", models.F("answers")),
                                ("deviation", None),
                                ("mean", None),
                            ),
                            _connector="OR",
                        ),
                        name="score_is_a_mean_or_a_count",
                        violation_error_message="Give either the mean (1 to 5) and the standard deviation (0 to 4), or how many completed, at most as many as answered.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="SharedOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retracted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True, editable=False, help_text="Why it was corrected or retracted.", max_length=500
                    ),
                ),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                ("starts", models.DateField()),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="The first day that no longer counts; empty is open.", null=True
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="value.sharedoutcome",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shared_by", to="value.metric"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shared_outcomes", to="teams.team"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="sharedoutcome_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="sharedoutcome_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.AddField(
            model_name="historicalmetric",
            name="asks",
            field=models.CharField(
                blank=True,
                choices=[
                    ("satisfaction", "Satisfaction: how satisfied they are, 1 to 5"),
                    ("effort", "Effort: how easy it was, 1 to 5"),
                    ("completion", "Completion: whether they did what they came for"),
                ],
                help_text="Where it is a score: what customers are asked.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="metric",
            name="asks",
            field=models.CharField(
                blank=True,
                choices=[
                    ("satisfaction", "Satisfaction: how satisfied they are, 1 to 5"),
                    ("effort", "Effort: how easy it was, 1 to 5"),
                    ("completion", "Completion: whether they did what they came for"),
                ],
                help_text="Where it is a score: what customers are asked.",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="metric",
            constraint=models.CheckConstraint(
                condition=models.Q(("asks", ""), ("behaviour", "level"), _connector="OR"),
                name="metric_score_is_a_level",
                violation_error_message="A score holds at a moment: choose level as its behaviour.",
            ),
        ),
    ]
