import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
import portfolio.common.months
import products.roadmaps.models.roadmaps
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0002_initial"),
        ("common", "__first__"),
        ("teams", "0001_initial"),
        ("value", "0002_facts_are_held_by_their_writers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Roadmap",
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
                    models.TextField(
                        blank=True, help_text="What it is to bring about, and for whom, in a sentence or two."
                    ),
                ),
                (
                    "cadence_days",
                    models.PositiveSmallIntegerField(
                        default=91,
                        help_text="How many days may pass between two reviews.",
                        verbose_name="review cadence in days",
                    ),
                ),
                (
                    "now_weeks",
                    models.PositiveSmallIntegerField(
                        default=13,
                        help_text="How far ahead “now” reaches, to set its items against capacity.",
                        verbose_name="weeks in now",
                    ),
                ),
                (
                    "next_weeks",
                    models.PositiveSmallIntegerField(
                        default=26, help_text="How many weeks “next” takes after that.", verbose_name="weeks in next"
                    ),
                ),
                (
                    "began_on",
                    models.DateField(
                        default=portfolio.common.months.today,
                        help_text="The first review is due one cadence after this day.",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("products", models.ManyToManyField(related_name="roadmaps", to="catalog.product")),
            ],
            options={
                "ordering": ["code"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cadence_days__gt", 0), ("next_weeks__gt", 0), ("now_weeks__gt", 0)),
                        name="roadmap_spans_are_positive",
                        violation_error_message="The cadence is at least one day, and now and next at least one week each.",
                    )
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Baseline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(editable=False, help_text="1 for the roadmap's first one.")),
                (
                    "name",
                    models.CharField(blank=True, help_text="What it is known by, such as Autumn 2016.", max_length=120),
                ),
                ("why", models.CharField(blank=True, help_text="What it is taken for.", max_length=500)),
                (
                    "version",
                    models.PositiveIntegerField(editable=False, help_text="The version of the roadmap that it froze."),
                ),
                ("content", models.TextField(editable=False, help_text="The roadmap as canonical JSON.")),
                ("content_hash", models.CharField(editable=False, help_text="SHA-256 of the content.", max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="baselines", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["roadmap", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roadmap", "number"),
                        name="baseline_has_its_own_number",
                        violation_error_message="Somebody else's baseline came first. Reload the roadmap and look again.",
                    )
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRoadmap",
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
                    models.TextField(
                        blank=True, help_text="What it is to bring about, and for whom, in a sentence or two."
                    ),
                ),
                (
                    "cadence_days",
                    models.PositiveSmallIntegerField(
                        default=91,
                        help_text="How many days may pass between two reviews.",
                        verbose_name="review cadence in days",
                    ),
                ),
                (
                    "now_weeks",
                    models.PositiveSmallIntegerField(
                        default=13,
                        help_text="How far ahead “now” reaches, to set its items against capacity.",
                        verbose_name="weeks in now",
                    ),
                ),
                (
                    "next_weeks",
                    models.PositiveSmallIntegerField(
                        default=26, help_text="How many weeks “next” takes after that.", verbose_name="weeks in next"
                    ),
                ),
                (
                    "began_on",
                    models.DateField(
                        default=portfolio.common.months.today,
                        help_text="The first review is due one cadence after this day.",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
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
            ],
            options={
                "verbose_name": "historical roadmap",
                "verbose_name_plural": "historical roadmaps",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Review",
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
                ("present", models.TextField(help_text="Who was there, a line each.")),
                ("minutes", models.TextField(help_text="What was said, for those who were not there.")),
                (
                    "decisions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="What was decided: rows of text, who (whose it is) and due_on (or null).",
                    ),
                ),
                ("agenda", models.JSONField(default=dict, editable=False, help_text="The agenda as it was that day.")),
                (
                    "baseline",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="The latest one there was: what changed is what changed since.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="roadmaps.baseline",
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
                        to="roadmaps.review",
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
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="roadmaps.roadmap"
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
                        name="review_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retracted_at", None)),
                        fields=("roadmap", "held_on"),
                        name="review_is_held_once_a_day",
                        violation_error_message="This roadmap was reviewed that day already. Correct that review instead.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business partner"), ("technology", "Technology owner")], max_length=10
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roadmap_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["side", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roadmap", "user"),
                        name="member_is_on_one_side",
                        violation_error_message="Somebody is either a business partner or a technology owner of a roadmap.",
                    )
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Short and readable, for addresses and imports, such as renew-by-phone.",
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
                ("description", models.TextField(blank=True, help_text="What changes for the customer.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("outcome", "Customer outcome"),
                            ("quick_win", "Quick win"),
                            ("retire", "Retire"),
                            ("obsolescence", "Obsolescence"),
                            ("reliability", "Reliability"),
                            ("project", "Project with an end"),
                        ],
                        default="outcome",
                        max_length=12,
                    ),
                ),
                (
                    "horizon",
                    models.CharField(
                        choices=[("now", "Now"), ("next", "Next"), ("later", "Later")], default="later", max_length=5
                    ),
                ),
                ("rank", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "starts",
                    models.DateField(blank=True, help_text="The day it is to begin, if that is known.", null=True),
                ),
                (
                    "ends",
                    models.DateField(
                        blank=True, help_text="The first day on which it is done, if that is known.", null=True
                    ),
                ),
                (
                    "metric_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Where the metric is; of a flow, how much a month.",
                        max_digits=15,
                        null=True,
                        verbose_name="from",
                    ),
                ),
                (
                    "metric_low",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="One time in twenty it ends up below this.",
                        max_digits=15,
                        null=True,
                        verbose_name="to at least",
                    ),
                ),
                (
                    "metric_high",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="One time in twenty it ends up above this.",
                        max_digits=15,
                        null=True,
                        verbose_name="to at most",
                    ),
                ),
                (
                    "by_when",
                    models.DateField(
                        blank=True, help_text="The day by which the metric has moved.", null=True, verbose_name="by"
                    ),
                ),
                (
                    "exception",
                    models.CharField(
                        blank=True,
                        help_text="Why it is kept although it moves no customer's metric. It shows wherever the item does.",
                        max_length=500,
                        verbose_name="reason for no customer metric",
                    ),
                ),
                (
                    "effort_low",
                    models.DecimalField(
                        decimal_places=1,
                        help_text="Team-weeks: one time in twenty it takes less.",
                        max_digits=7,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.1"))],
                        verbose_name="effort at least",
                    ),
                ),
                (
                    "effort_high",
                    models.DecimalField(
                        decimal_places=1,
                        help_text="Team-weeks: one time in twenty it takes more.",
                        max_digits=7,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.1"))],
                        verbose_name="effort at most",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("started", "Started"),
                            ("blocked", "Blocked"),
                            ("shipped", "Shipped"),
                            ("dropped", "Dropped"),
                        ],
                        default="planned",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("started_on", models.DateField(blank=True, editable=False, null=True)),
                (
                    "ended_on",
                    models.DateField(
                        blank=True, editable=False, help_text="When it was shipped or dropped.", null=True
                    ),
                ),
                (
                    "blocked_by",
                    models.CharField(blank=True, editable=False, help_text="What blocks it.", max_length=500),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="The number of the change that last touched it."
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
                    "business_champion",
                    models.ForeignKey(
                        help_text="Who stands for it on the business side.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        blank=True,
                        help_text="The customer metric it is to move.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roadmap_items",
                        to="value.metric",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        help_text="Which of the roadmap's products.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roadmap_items",
                        to="catalog.product",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who does it; empty is any team that is assigned to the product.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roadmap_items",
                        to="teams.team",
                    ),
                ),
                (
                    "technology_champion",
                    models.ForeignKey(
                        help_text="Who stands for it in technology.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["roadmap", "rank", "pk"],
                "indexes": [models.Index(fields=["metric", "ended_on"], name="item_by_metric")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("effort_low__gt", 0), ("effort_low__lte", models.F("effort_high"))),
                        name="item_effort_is_a_range",
                        violation_error_message="The effort goes from the least to the most, and is more than nothing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts", None), ("ends", None), ("starts__lt", models.F("ends")), _connector="OR"
                        ),
                        name="item_starts_before_ends",
                        violation_error_message="It must begin before the day on which it is done.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "project"), _negated=True), ("ends__isnull", False), _connector="OR"
                        ),
                        name="item_project_has_an_end",
                        violation_error_message="A project has an end: give the day on which it is done, or another kind.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("by_when", None),
                                ("metric", None),
                                ("metric_from", None),
                                ("metric_high", None),
                                ("metric_low", None),
                            ),
                            models.Q(
                                ("by_when__isnull", False),
                                ("metric__isnull", False),
                                ("metric_from__isnull", False),
                                ("metric_high__gte", models.F("metric_low")),
                                ("metric_high__isnull", False),
                                ("metric_low__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="item_promise_is_whole",
                        violation_error_message="A promise names the metric, from what, to at least and at most what (the least first), and by when; or none of these.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("metric__isnull", False), models.Q(("exception", ""), _negated=True), _connector="OR"
                        ),
                        name="item_moves_a_metric_or_says_why_not",
                        violation_error_message="Name the customer metric that it is to move, from what to what and by when. An item without one is kept only with a reason.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("shipped", "dropped")), _negated=True),
                            ("ended_on__isnull", False),
                            _connector="OR",
                        ),
                        name="item_that_ended_has_a_day",
                        violation_error_message="What was shipped or dropped says when.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="Idea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="What is proposed, in a few words.", max_length=200)),
                ("text", models.TextField(help_text="Which customers it would help, and how.")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("merged", "Merged"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField(blank=True, editable=False)),
                ("decided_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ideas",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
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
                    "insight",
                    models.ForeignKey(
                        blank=True,
                        help_text="What a customer said or did that it comes from, if any.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ideas",
                        to="catalog.insight",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="roadmaps.idea",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="The item that it became, or that it was merged into.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ideas",
                        to="roadmaps.item",
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ideas", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "open"),
                            models.Q(("decided_at__isnull", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="idea_is_decided_with_a_reason",
                        violation_error_message="Say why: whoever had the idea will read it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", None),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="idea_is_not_merged_into_itself",
                        violation_error_message="An idea cannot be merged into itself.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("figure", models.CharField(blank=True, max_length=120)),
                (
                    "text",
                    models.TextField(help_text="Name people with @ and their account, such as @partner, to ask them."),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("resolved_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answered_by",
                        to="roadmaps.comment",
                    ),
                ),
                (
                    "baseline",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="roadmaps.baseline",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mentions",
                    models.ManyToManyField(
                        blank=True, editable=False, related_name="mentioned_in", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "resolved_by",
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
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="roadmaps.item",
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("figure", ""), ("item", None)),
                            models.Q(("baseline", None), ("figure", "")),
                            models.Q(("baseline", None), ("item", None)),
                            _connector="OR",
                        ),
                        name="comment_is_on_one_thing",
                        violation_error_message="A comment is on one thing: an item, a baseline or a figure, or on none of these for the roadmap as a whole.",
                    )
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="The version of the roadmap that it made.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("roadmap", "Roadmap changed"),
                            ("add", "Item added"),
                            ("edit", "Item changed"),
                            ("move", "Item moved"),
                            ("reorder", "Items put in order"),
                            ("state", "State changed"),
                            ("import", "Items imported"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("why", models.CharField(blank=True, max_length=500)),
                (
                    "changes",
                    models.JSONField(
                        default=list,
                        help_text="Rows of what changed: item (its code; null is the roadmap), field, old and new.",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="roadmaps.roadmap"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roadmap", "number"),
                        name="change_has_its_own_number",
                        violation_error_message="Somebody else's change came first. Reload the roadmap and look again.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token_hash",
                    models.CharField(editable=False, help_text="SHA-256 of the token.", max_length=64, unique=True),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "last_used_on",
                    models.DateField(
                        editable=False, help_text="A day, not a moment: it tells if it is used.", null=True
                    ),
                ),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roadmap",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty is all that are yours.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="roadmaps.roadmap",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("business", "Business partner"), ("technology", "Technology owner")],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("verdict", models.CharField(choices=[("signed", "Signed"), ("declined", "Declined")], max_length=8)),
                ("comment", models.TextField(blank=True, help_text="A comment; where it is declined, the reason.")),
                (
                    "about",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Codes of the items that are declined; none is the whole baseline.",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "baseline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sign_offs", to="roadmaps.baseline"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_offs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict", "declined"), _negated=True),
                            models.Q(("comment", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="signoff_declines_with_a_reason",
                        violation_error_message="Say why you decline: the owner has to know what to change.",
                    )
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="Support",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "idea",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="supports", to="roadmaps.idea"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("idea", "by"),
                        name="support_is_given_once",
                        violation_error_message="You support this idea already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                (
                    "name",
                    models.CharField(help_text="Whose it is, as it was called when it was settled.", max_length=300),
                ),
                (
                    "goes_to",
                    models.CharField(
                        help_text="Where it goes: another product, another team, nowhere; why.", max_length=500
                    ),
                ),
                ("settled_at", models.DateTimeField()),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="interests", to="roadmaps.item"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "key"),
                        name="interest_is_settled_once",
                        violation_error_message="This interest is settled already. Change where it goes instead.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("goes_to", ""), _negated=True),
                        name="interest_goes_somewhere",
                        violation_error_message="Say where it goes.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
        migrations.CreateModel(
            name="IdeaEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("merged", "Merged"),
                            ("declined", "Declined"),
                        ],
                        help_text="What it was from then on.",
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "idea",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="roadmaps.idea"
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="roadmaps.idea",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="roadmaps.item",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="ideaevent_says_why",
                        violation_error_message="Say why: whoever had the idea will read it.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Experiment",
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
                ("concluded_on", models.DateField(help_text="The day on which it ended.")),
                ("control_mean", models.DecimalField(blank=True, decimal_places=4, max_digits=15, null=True)),
                (
                    "control_deviation",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="control standard deviation",
                    ),
                ),
                ("control_size", models.PositiveBigIntegerField(blank=True, null=True)),
                ("treatment_mean", models.DecimalField(blank=True, decimal_places=4, max_digits=15, null=True)),
                (
                    "treatment_deviation",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="treatment standard deviation",
                    ),
                ),
                ("treatment_size", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "effect",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Treatment less control, where the groups are not given.",
                        max_digits=15,
                        null=True,
                    ),
                ),
                (
                    "standard_error",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Of the effect.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                    ),
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
                        to="roadmaps.experiment",
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
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="experiments", to="roadmaps.item"
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
                        name="experiment_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("control_deviation__isnull", False),
                                ("control_mean__isnull", False),
                                ("control_size__gte", 2),
                                ("control_size__isnull", False),
                                ("effect", None),
                                ("standard_error", None),
                                ("treatment_deviation__isnull", False),
                                ("treatment_mean__isnull", False),
                                ("treatment_size__gte", 2),
                                ("treatment_size__isnull", False),
                            ),
                            models.Q(
                                ("control_deviation", None),
                                ("control_mean", None),
                                ("control_size", None),
                                ("effect__isnull", False),
                                ("standard_error__gt", 0),
                                ("standard_error__isnull", False),
                                ("treatment_deviation", None),
                                ("treatment_mean", None),
                                ("treatment_size", None),
                            ),
                            _connector="OR",
                        ),
                        name="experiment_is_whole",
                        violation_error_message="Give both groups, each with its mean, standard deviation and size (2 or more); or the effect and its standard error alone.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Dependency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="waits_for", to="roadmaps.item"
                    ),
                ),
                (
                    "needs",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="awaited_by", to="roadmaps.item"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "needs"),
                        name="dependency_is_there_once",
                        violation_error_message="It waits for this item already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("item", models.F("needs")), _negated=True),
                        name="dependency_is_on_another",
                        violation_error_message="An item cannot wait for itself.",
                    ),
                ],
            },
            bases=(products.roadmaps.models.roadmaps.OfRoadmap, models.Model),
        ),
    ]
