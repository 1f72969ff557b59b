import django.db.models.deletion
import django.utils.timezone
import portfolio.common.access
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="is_embedded",
            field=models.BooleanField(
                default=False,
                help_text="A business partner who works in the team for these days.",
                verbose_name="embedded from the business",
            ),
        ),
        migrations.CreateModel(
            name="Absence",
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
                        choices=[("away", "Away"), ("learning", "Learning"), ("quiet", "Quiet time")],
                        default="away",
                        max_length=8,
                    ),
                ),
                (
                    "share",
                    models.DecimalField(
                        decimal_places=6,
                        default=Decimal("1"),
                        help_text="Part of the person's time on these days, such as 0.5.",
                        max_digits=7,
                    ),
                ),
                ("starts", models.DateField()),
                ("ends", models.DateField(help_text="The first day that no longer counts.")),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="teams.absence",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="absences", to="teams.person"
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
                        name="absence_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts__lt", models.F("ends"))),
                        name="absence_starts_before_ends",
                        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("share__gt", 0), ("share__lte", 1)),
                        name="absence_share_is_a_part",
                        violation_error_message="A share is above 0 and at most 1.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
        migrations.CreateModel(
            name="Thanks",
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
                ("text", models.TextField(help_text="What for.")),
                (
                    "is_open",
                    models.BooleanField(
                        default=True, help_text="Else only you and who it is for read it.", verbose_name="in the open"
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
                        to="teams.thanks",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="thanks",
                        to="teams.person",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="thanks",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "thanks",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retracted_at", None), ("retracted_at__gte", models.F("recorded_at")), _connector="OR"
                        ),
                        name="thanks_retracted_after_recorded",
                        violation_error_message="A row cannot be retracted before it was recorded.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person", None), ("team__isnull", False)),
                            models.Q(("person__isnull", False), ("team", None)),
                            _connector="OR",
                        ),
                        name="thanks_are_for_a_team_or_a_person",
                        violation_error_message="Thank either a team or a person.",
                    ),
                ],
            },
            bases=(portfolio.common.access.Scoped, models.Model),
        ),
    ]
