import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
import portfolio.common.money
import portfolio.common.months
import products.health.models.estate
import products.health.models.journeys
import products.health.models.promises
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0002_initial"),
        ("common", "__first__"),
        ("roadmaps", "0001_roadmaps"),
        ("teams", "0002_absences_and_thanks"),
        ("value", "0003_scores_recognition_and_exposures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Process",
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
                    "purpose",
                    models.TextField(blank=True, help_text="What comes out of it, and for whom, in a sentence."),
                ),
                (
                    "value_stream",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="processes",
                        to="catalog.valuestream",
                    ),
                ),
            ],
            options={
                "verbose_name": "business process",
                "verbose_name_plural": "business processes",
                "ordering": ["code"],
                "abstract": False,
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Service",
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
                ("purpose", models.TextField(blank=True, help_text="What it does for whom, in a sentence.")),
                (
                    "usual_hourly",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Requests, calls or cases in a usual hour.",
                        null=True,
                        verbose_name="usual volume an hour",
                    ),
                ),
                (
                    "peak_hourly",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In the busiest hour it must bear.",
                        null=True,
                        verbose_name="peak volume an hour",
                    ),
                ),
                ("is_retired", models.BooleanField(default=False, verbose_name="retired")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="The team that keeps it running.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="teams.team",
                    ),
                ),
                (
                    "process",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="health.process",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="services", to="catalog.product"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("usual_hourly", None),
                            ("peak_hourly", None),
                            ("peak_hourly__gte", models.F("usual_hourly")),
                            _connector="OR",
                        ),
                        name="service_peak_is_the_most",
                        violation_error_message="The peak volume is at least the usual one.",
                    )
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="FailureMode",
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
                ("effect", models.TextField(help_text="What customers would feel.")),
                ("detection", models.TextField(blank=True, help_text="How it would be noticed.")),
                ("response", models.TextField(blank=True, help_text="What to do.")),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="failure_modes", to="health.service"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Objective",
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
                    "kind",
                    models.CharField(
                        choices=[("availability", "Availability"), ("latency", "Latency"), ("freshness", "Freshness")],
                        default="availability",
                        max_length=12,
                    ),
                ),
                (
                    "target",
                    models.DecimalField(
                        decimal_places=6, help_text="Part that must be good, such as 0.999.", max_digits=7
                    ),
                ),
                (
                    "window_days",
                    models.PositiveSmallIntegerField(
                        default=28, help_text="Days over which it is judged.", verbose_name="window"
                    ),
                ),
                (
                    "threshold",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="For latency: milliseconds within which it counts as good. For freshness: minutes.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                ("source", models.CharField(blank=True, help_text="Where good and total are counted.", max_length=300)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="objectives", to="health.service"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("target__gt", 0), ("target__lt", 1)),
                        name="objective_target_is_a_part",
                        violation_error_message="A target lies between 0 and 1, such as 0.999. Nothing is good always.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("window_days__gte", 1), ("window_days__lte", 366)),
                        name="objective_window_is_possible",
                        violation_error_message="A window is 1 to 366 days.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Requirement",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("availability", "Availability"),
                            ("recovery_time", "Recovery time"),
                            ("recovery_point", "Recovery point"),
                            ("security", "Security"),
                            ("accessibility", "Accessibility"),
                            ("capacity", "Capacity"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "statement",
                    models.TextField(help_text="What must hold, so that it can be tested: restored within 4 hours."),
                ),
                (
                    "baselined_on",
                    models.DateField(blank=True, help_text="The day it was agreed; empty is a draft.", null=True),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="requirements", to="health.service"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Component",
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
                    "kind",
                    models.CharField(
                        blank=True, help_text="Such as database, library or operating system.", max_length=60
                    ),
                ),
                ("version", models.CharField(blank=True, max_length=60)),
                (
                    "eol_product",
                    models.CharField(
                        blank=True,
                        help_text="Such as postgresql.",
                        max_length=60,
                        verbose_name="product at endoflife.date",
                    ),
                ),
                (
                    "eol_cycle",
                    models.CharField(
                        blank=True, help_text="Such as 9.6.", max_length=60, verbose_name="release cycle there"
                    ),
                ),
                (
                    "end_of_support",
                    models.DateField(
                        blank=True,
                        help_text="Where you know better than what is published: the last day is the one before.",
                        null=True,
                    ),
                ),
                (
                    "renewal_low",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="One time in twenty it costs less.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "renewal_high",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="One time in twenty it costs more.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default=portfolio.common.money.base_currency,
                        max_length=3,
                        validators=[portfolio.common.money.validate_currency],
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        help_text="What renews it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renews",
                        to="roadmaps.item",
                        verbose_name="roadmap item",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="components",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("renewal_high", None), ("renewal_low", None)),
                            ("renewal_low__lte", models.F("renewal_high")),
                            _connector="OR",
                        ),
                        name="component_renewal_is_a_range",
                        violation_error_message="Give the cost of renewal as a range: the low end at most the high end.",
                    )
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Drill",
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
                ("held_on", models.DateField()),
                ("has_passed", models.BooleanField(default=True, verbose_name="passed")),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        blank=True, help_text="Minutes until customers were served again.", null=True
                    ),
                ),
                ("notes", models.TextField(blank=True, help_text="What was learned.")),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="health.drill",
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
                    "failure_mode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drills", to="health.failuremode"
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
                        name="drill_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    )
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalComponent",
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
                    "kind",
                    models.CharField(
                        blank=True, help_text="Such as database, library or operating system.", max_length=60
                    ),
                ),
                ("version", models.CharField(blank=True, max_length=60)),
                (
                    "eol_product",
                    models.CharField(
                        blank=True,
                        help_text="Such as postgresql.",
                        max_length=60,
                        verbose_name="product at endoflife.date",
                    ),
                ),
                (
                    "eol_cycle",
                    models.CharField(
                        blank=True, help_text="Such as 9.6.", max_length=60, verbose_name="release cycle there"
                    ),
                ),
                (
                    "end_of_support",
                    models.DateField(
                        blank=True,
                        help_text="Where you know better than what is published: the last day is the one before.",
                        null=True,
                    ),
                ),
                (
                    "renewal_low",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="One time in twenty it costs less.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "renewal_high",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="One time in twenty it costs more.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default=portfolio.common.money.base_currency,
                        max_length=3,
                        validators=[portfolio.common.money.validate_currency],
                    ),
                ),
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
                    "item",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="What renews it.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="roadmaps.item",
                        verbose_name="roadmap item",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical component",
                "verbose_name_plural": "historical components",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProcess",
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
                    "purpose",
                    models.TextField(blank=True, help_text="What comes out of it, and for whom, in a sentence."),
                ),
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
                    "value_stream",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.valuestream",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical business process",
                "verbose_name_plural": "historical business processes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Incident",
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
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "1, critical"), (2, "2, major"), (3, "3, minor"), (4, "4, slight")], default=3
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("detected_at", models.DateTimeField(blank=True, null=True)),
                (
                    "restored_at",
                    models.DateTimeField(blank=True, help_text="When customers were served again.", null=True),
                ),
                ("cause", models.TextField(blank=True, help_text="What is known of why.")),
                (
                    "is_harmless",
                    models.BooleanField(
                        default=False,
                        help_text="Nothing was lost or came late: no impact is waited for.",
                        verbose_name="cost customers nothing",
                    ),
                ),
                (
                    "failure_mode",
                    models.ForeignKey(
                        blank=True,
                        help_text="If it was known before.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="health.failuremode",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="health.service"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("restored_at", None), ("restored_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="incident_is_restored_after_it_started",
                        violation_error_message="It cannot be restored before it started.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("detected_at", None), ("detected_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="incident_is_detected_after_it_started",
                        violation_error_message="It cannot be detected before it started.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Journey",
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
                ("purpose", models.TextField(blank=True, help_text="What the customer came for, in a sentence.")),
                (
                    "availability",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Part of the time it must work from end to end, such as 0.995.",
                        max_digits=7,
                        null=True,
                    ),
                ),
                (
                    "response_ms",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Milliseconds that all of its steps may take together.",
                        null=True,
                        verbose_name="response time",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        blank=True,
                        help_text="What is counted when it is completed; its worth weighs what is lost on the way.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journeys",
                        to="value.metric",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="journeys", to="catalog.product"
                    ),
                ),
                (
                    "process",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journeys",
                        to="health.process",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("availability", None),
                            models.Q(("availability__gt", 0), ("availability__lt", 1)),
                            _connector="OR",
                        ),
                        name="journey_availability_is_a_part",
                        violation_error_message="An availability lies between 0 and 1, such as 0.995.",
                    )
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Impact",
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
                    models.DateField(help_text="The first day that no longer counts: for a single day, the day after."),
                ),
                (
                    "lost",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=15,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "late",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=15,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "late_share",
                    models.DecimalField(
                        decimal_places=6,
                        default=Decimal("0"),
                        help_text="Part of its worth that is lost where it came late, 0 to 1.",
                        max_digits=7,
                    ),
                ),
                (
                    "is_in_figures",
                    models.BooleanField(
                        default=False,
                        help_text="The observations are lower by it already, so it does not subtract a second time.",
                        verbose_name="in the figures already",
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="How it is known.", max_length=300)),
                ("counted", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=15)),
                (
                    "month",
                    models.GeneratedField(
                        db_persist=True,
                        expression=portfolio.common.months.FirstOfMonth(models.F("starts")),
                        output_field=models.DateField(),
                    ),
                ),
                (
                    "last_month",
                    models.GeneratedField(
                        db_persist=True,
                        expression=portfolio.common.months.LastMonth(models.F("ends")),
                        output_field=models.DateField(),
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
                        to="health.impact",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        help_text="What was lost, such as completed payments.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="impacts",
                        to="value.metric",
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
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="impacts", to="health.incident"
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: divided over the journeys that use the service.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="impacts",
                        to="health.journey",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("retracted_at", None)), fields=["month", "metric"], name="impact_month"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="impact_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends"))),
                        name="impact_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lost__gt", 0), ("late__gt", 0), _connector="OR"),
                        name="impact_is_of_something",
                        violation_error_message="Say how many were lost or came late.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("late__gte", 0), ("late_share__gte", 0), ("late_share__lte", 1), ("lost__gte", 0)
                        ),
                        name="impact_is_not_negative",
                        violation_error_message="Lost and late are not negative, and the part lost by lateness is 0 to 1.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Measurement",
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
                    models.DateField(help_text="The first day that no longer counts: for a single day, the day after."),
                ),
                ("good", models.PositiveBigIntegerField()),
                ("total", models.PositiveBigIntegerField()),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="health.measurement",
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
                    "objective",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="measurements", to="health.objective"
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
                        name="measurement_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends"))),
                        name="measurement_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("objective", "starts"),
                        name="measurement_is_known_once",
                        violation_error_message="This objective already has a measurement that starts on this day. Correct it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("good__lte", models.F("total"))),
                        name="measurement_good_is_a_part",
                        violation_error_message="No more can be good than there were in all.",
                    ),
                ],
            },
            bases=(products.health.models.promises.OfObjective, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="BudgetDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("good", models.PositiveBigIntegerField(help_text="In the window that ends with the day.")),
                ("total", models.PositiveBigIntegerField()),
                (
                    "left",
                    models.FloatField(help_text="Part of the budget that is left; below 0 it is overspent.", null=True),
                ),
                (
                    "burn",
                    models.FloatField(
                        help_text="How fast the last 7 days spent it; 1 is just as fast as allowed.", null=True
                    ),
                ),
                (
                    "objective",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="budget_days", to="health.objective"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("objective", "day"), name="budgetday_is_kept_once")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalService",
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
                ("purpose", models.TextField(blank=True, help_text="What it does for whom, in a sentence.")),
                (
                    "usual_hourly",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Requests, calls or cases in a usual hour.",
                        null=True,
                        verbose_name="usual volume an hour",
                    ),
                ),
                (
                    "peak_hourly",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In the busiest hour it must bear.",
                        null=True,
                        verbose_name="peak volume an hour",
                    ),
                ),
                ("is_retired", models.BooleanField(default=False, verbose_name="retired")),
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The team that keeps it running.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="teams.team",
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
                (
                    "process",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.process",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical service",
                "verbose_name_plural": "historical services",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalJourney",
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
                ("purpose", models.TextField(blank=True, help_text="What the customer came for, in a sentence.")),
                (
                    "availability",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Part of the time it must work from end to end, such as 0.995.",
                        max_digits=7,
                        null=True,
                    ),
                ),
                (
                    "response_ms",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Milliseconds that all of its steps may take together.",
                        null=True,
                        verbose_name="response time",
                    ),
                ),
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
                    "metric",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="What is counted when it is completed; its worth weighs what is lost on the way.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="value.metric",
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
                (
                    "process",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.process",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical journey",
                "verbose_name_plural": "historical journeys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Evidence",
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
                ("verified_on", models.DateField(help_text="The day it was looked at.")),
                ("expires_on", models.DateField(help_text="The first day on which it no longer counts.")),
                ("has_passed", models.BooleanField(default=True, verbose_name="passed")),
                (
                    "source",
                    models.CharField(help_text="Where it can be looked up: a test run, a report.", max_length=300),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="health.evidence",
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
                    "requirement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="health.requirement"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="evidence_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verified_on__lt", models.F("expires_on"))),
                        name="evidence_expires_later",
                        violation_error_message="Evidence expires after the day on which it was found.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Part",
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
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="health.component"
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
                        to="health.part",
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
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="health.service"
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
                        name="part_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="part_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="OnCall",
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
                (
                    "hours_a_week",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Hours a week in which somebody must answer; at most 168.",
                        max_digits=5,
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
                        to="health.oncall",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="on_call", to="teams.team"
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="on_call", to="health.service"
                    ),
                ),
            ],
            options={
                "verbose_name": "on-call duty",
                "verbose_name_plural": "on-call duties",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="oncall_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="oncall_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours_a_week__gt", 0), ("hours_a_week__lte", 168)),
                        name="oncall_fits_a_week",
                        violation_error_message="A week has 168 hours; give more than 0 and at most that.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRequirement",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("availability", "Availability"),
                            ("recovery_time", "Recovery time"),
                            ("recovery_point", "Recovery point"),
                            ("security", "Security"),
                            ("accessibility", "Accessibility"),
                            ("capacity", "Capacity"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "statement",
                    models.TextField(help_text="What must hold, so that it can be tested: restored within 4 hours."),
                ),
                (
                    "baselined_on",
                    models.DateField(blank=True, help_text="The day it was agreed; empty is a draft.", null=True),
                ),
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
                    "service",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical requirement",
                "verbose_name_plural": "historical requirements",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalObjective",
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
                    "kind",
                    models.CharField(
                        choices=[("availability", "Availability"), ("latency", "Latency"), ("freshness", "Freshness")],
                        default="availability",
                        max_length=12,
                    ),
                ),
                (
                    "target",
                    models.DecimalField(
                        decimal_places=6, help_text="Part that must be good, such as 0.999.", max_digits=7
                    ),
                ),
                (
                    "window_days",
                    models.PositiveSmallIntegerField(
                        default=28, help_text="Days over which it is judged.", verbose_name="window"
                    ),
                ),
                (
                    "threshold",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="For latency: milliseconds within which it counts as good. For freshness: minutes.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                ("source", models.CharField(blank=True, help_text="Where good and total are counted.", max_length=300)),
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
                    "service",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical objective",
                "verbose_name_plural": "historical objectives",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalIncident",
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
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "1, critical"), (2, "2, major"), (3, "3, minor"), (4, "4, slight")], default=3
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("detected_at", models.DateTimeField(blank=True, null=True)),
                (
                    "restored_at",
                    models.DateTimeField(blank=True, help_text="When customers were served again.", null=True),
                ),
                ("cause", models.TextField(blank=True, help_text="What is known of why.")),
                (
                    "is_harmless",
                    models.BooleanField(
                        default=False,
                        help_text="Nothing was lost or came late: no impact is waited for.",
                        verbose_name="cost customers nothing",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "failure_mode",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="If it was known before.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.failuremode",
                    ),
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
                    "service",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical incident",
                "verbose_name_plural": "historical incidents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFailureMode",
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
                ("effect", models.TextField(help_text="What customers would feel.")),
                ("detection", models.TextField(blank=True, help_text="How it would be noticed.")),
                ("response", models.TextField(blank=True, help_text="What to do.")),
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
                    "service",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="health.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical failure mode",
                "verbose_name_plural": "historical failure modes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Dependency",
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
                        to="health.dependency",
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
                    "needs",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="needed_by", to="health.service"
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dependencies", to="health.service"
                    ),
                ),
            ],
            options={
                "verbose_name": "service dependency",
                "verbose_name_plural": "service dependencies",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="dependency_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="servicedependency_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("service", models.F("needs")), _negated=True),
                        name="servicedependency_is_on_another",
                        violation_error_message="A service does not depend on itself.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="DeliveryEvent",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("deployment", "Deployment"), ("failure", "Failure"), ("restore", "Restore")],
                        max_length=10,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                (
                    "begun_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Of a deployment: when its first change was made, for the lead time.",
                        null=True,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="What was deployed, such as a commit or tag.", max_length=120
                    ),
                ),
                (
                    "caused_by",
                    models.CharField(
                        blank=True,
                        help_text="Of a failure or a restore: the reference of the deployment behind it.",
                        max_length=120,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="Sent again with it, an event counts once.", max_length=120, null=True
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
                        to="health.deliveryevent",
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
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="delivery_events", to="health.service"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("retracted_at", None)),
                        fields=["service", "happened_at"],
                        name="deliveryevent_when",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="deliveryevent_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("service", "key"),
                        name="deliveryevent_counts_once",
                        violation_error_message="An event with this key was posted before.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begun_at", None), ("begun_at__lte", models.F("happened_at")), _connector="OR"
                        ),
                        name="deliveryevent_begins_before",
                        violation_error_message="A change is made before it is deployed.",
                    ),
                ],
            },
            bases=(products.health.models.estate.OfService, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Step",
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
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="1 is the first step.", validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("name", models.CharField(help_text="What the customer does, such as pay.", max_length=120)),
                (
                    "availability",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Part of the time this step must work; empty: not given a part of the budget yet.",
                        max_digits=7,
                        null=True,
                    ),
                ),
                (
                    "response_ms",
                    models.PositiveIntegerField(
                        blank=True, help_text="Milliseconds it may take.", null=True, verbose_name="response time"
                    ),
                ),
                (
                    "is_fixed",
                    models.BooleanField(
                        default=False,
                        help_text="Kept as it is where the journey's budget is divided.",
                        verbose_name="set by hand",
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
                        to="health.step",
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="health.journey"
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
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="health.service"
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
                        name="step_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends")), ("ends", None), _connector="OR"),
                        name="step_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("availability", None),
                            models.Q(("availability__gt", 0), ("availability__lt", 1)),
                            _connector="OR",
                        ),
                        name="step_availability_is_a_part",
                        violation_error_message="An availability lies between 0 and 1, such as 0.999.",
                    ),
                ],
            },
            bases=(products.health.models.journeys.OfJourney, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Passage",
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
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="1 is the first step.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="step",
                    ),
                ),
                ("month", models.DateField(help_text="The first day of the month.")),
                ("entered", models.PositiveBigIntegerField()),
                ("completed", models.PositiveBigIntegerField()),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="health.passage",
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
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="passages", to="health.journey"
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
                        name="passage_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("journey", "position", "month"),
                        name="passage_is_known_once",
                        violation_error_message="This step already has a count for this month. Correct that one instead.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completed__lte", models.F("entered"))),
                        name="passage_completed_is_a_part",
                        violation_error_message="No more can complete a step than entered it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="passage_is_of_a_month",
                        violation_error_message="Give the first day of the month.",
                    ),
                ],
            },
            bases=(products.health.models.journeys.OfJourney, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="SupportDate",
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
                ("product", models.CharField(help_text="As published, such as postgresql.", max_length=60)),
                ("cycle", models.CharField(help_text="The release cycle, such as 9.6.", max_length=60)),
                (
                    "ends",
                    models.DateField(
                        blank=True,
                        help_text="The day from which there is none.",
                        null=True,
                        verbose_name="support ends",
                    ),
                ),
                (
                    "is_ended",
                    models.BooleanField(
                        default=False, help_text="Where it has ended and no day is published.", verbose_name="ended"
                    ),
                ),
                ("source", models.CharField(help_text="Who published it, and when it was read.", max_length=300)),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="health.supportdate",
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
                        name="supportdate_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("product", "cycle"),
                        name="supportdate_is_known_once",
                        violation_error_message="This release cycle already has a support date. Correct that one instead.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
    ]
