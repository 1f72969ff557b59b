import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
import simple_history.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("roadmaps", "0001_roadmaps"),
    ]

    operations = [
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
            ],
            options={
                "verbose_name_plural": "feedback",
                "ordering": ["-received_at", "-pk"],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
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
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
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
    ]
