import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("common", "__first__"),
        ("health", "0001_health"),
        ("roadmaps", "0001_roadmaps"),
        ("teams", "0002_absences_and_thanks"),
        ("value", "0003_scores_recognition_and_exposures"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeedbackForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Short and readable, for addresses and imports, such as vehicle-tax.",
                        max_length=60,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "A code is lower-case letters, digits and single hyphens between them, such as vehicle-tax.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                (
                    "is_open",
                    models.BooleanField(default=True, help_text="Whether it takes feedback.", verbose_name="open"),
                ),
                ("intro", models.TextField(blank=True, help_text="What a customer reads first.")),
                ("thanks", models.TextField(blank=True, help_text="What a customer reads once it is sent.")),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="feedback_form", to="catalog.product"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "satisfaction",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")],
                        help_text="From 1, very dissatisfied, to 5, very satisfied.",
                        null=True,
                    ),
                ),
                (
                    "ease",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")],
                        help_text="From 1, very hard, to 5, very easy.",
                        null=True,
                    ),
                ),
                (
                    "is_done",
                    models.BooleanField(
                        blank=True, help_text="Whether they did what they came for.", null=True, verbose_name="done"
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=4000)),
                (
                    "may_quote",
                    models.BooleanField(default=False, help_text="Whether they agreed that their words may be quoted."),
                ),
                (
                    "consent",
                    models.CharField(
                        blank=True, editable=False, help_text="What they agreed to, as shown.", max_length=300
                    ),
                ),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, help_text="A keyed hash, kept for a day.", max_length=64
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("kept", "Kept as an insight"),
                            ("aside", "Set aside"),
                            ("spam", "Spam"),
                        ],
                        default="new",
                        editable=False,
                        max_length=5,
                    ),
                ),
                ("is_from_api", models.BooleanField(default=False, editable=False)),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="Sent again with it, it counts once.", max_length=120, null=True
                    ),
                ),
                ("is_illustrative", models.BooleanField(default=False, verbose_name="illustrative")),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="received", to="catalog.feedbackform"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "feedback",
                "ordering": ["-received_at", "-pk"],
                "indexes": [
                    models.Index(fields=["form", "received_at"], name="feedback_by_form"),
                    models.Index(
                        condition=models.Q(("sender", ""), _negated=True),
                        fields=["sender", "received_at"],
                        name="feedback_by_sender",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("form", "key"),
                        name="feedback_counts_once",
                        violation_error_message="This key was used before.",
                    )
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFeedbackForm",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        db_index=True,
                        help_text="Short and readable, for addresses and imports, such as vehicle-tax.",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "A code is lower-case letters, digits and single hyphens between them, such as vehicle-tax.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                (
                    "is_open",
                    models.BooleanField(default=True, help_text="Whether it takes feedback.", verbose_name="open"),
                ),
                ("intro", models.TextField(blank=True, help_text="What a customer reads first.")),
                ("thanks", models.TextField(blank=True, help_text="What a customer reads once it is sent.")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical feedback form",
                "verbose_name_plural": "historical feedback forms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalTheme",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        db_index=True,
                        help_text="Short and readable, for addresses and imports, such as vehicle-tax.",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "A code is lower-case letters, digits and single hyphens between them, such as vehicle-tax.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                ("summary", models.TextField(blank=True, help_text="What is said, in a sentence.")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical theme",
                "verbose_name_plural": "historical themes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Short and readable, for addresses and imports, such as vehicle-tax.",
                        max_length=60,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*$",
                                "A code is lower-case letters, digits and single hyphens between them, such as vehicle-tax.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "is_illustrative",
                    models.BooleanField(
                        default=False,
                        help_text="Made up to show how things work; marked wherever it shows.",
                        verbose_name="illustrative",
                    ),
                ),
                ("summary", models.TextField(blank=True, help_text="What is said, in a sentence.")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="themes", to="catalog.product"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.AddField(
            model_name="insight",
            name="item",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insights",
                to="roadmaps.item",
                verbose_name="roadmap item",
            ),
        ),
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
    ]
