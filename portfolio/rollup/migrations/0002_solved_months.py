"""Keep each month as arrays in bytes, in place of a row for every link and metric of every month."""

from django.db import migrations, models


def make_all_due(apps, schema_editor):
    """Have every month that has figures worked out anew: its links and metrics are kept in another form now."""
    months = apps.get_model("rollup", "ProductMonth").objects.order_by().values_list("month", flat=True).distinct()
    solved = apps.get_model("rollup", "SolvedMonth")
    solved.objects.bulk_create(
        [solved(month=month, is_due=True, cause="Upgrade") for month in months], ignore_conflicts=True
    )


class Migration(migrations.Migration):
    dependencies = [("rollup", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SolvedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True)),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "is_due",
                    models.BooleanField(default=False, help_text="To be worked out whole, from all of its facts."),
                ),
                ("solved_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0, help_text="How long it took to read, solve and write.")),
                ("rows", models.PositiveIntegerField(default=0, help_text="Facts and agreements that were read.")),
                (
                    "product_months",
                    models.PositiveIntegerField(default=0, help_text="Product-months that were written."),
                ),
                ("cause", models.CharField(blank=True, max_length=200)),
                (
                    "gap",
                    models.FloatField(
                        default=0, help_text="How far the engine's sums were off before rounding, relative."
                    ),
                ),
                ("has_costs", models.BooleanField(default=False)),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="Of the figures: the same ones have the same.", max_length=32
                    ),
                ),
                ("figures", models.BinaryField(default=b"", help_text="See portfolio.rollup.snapshots.")),
            ],
            options={"ordering": ["month"]},
        ),
        migrations.AddField(
            model_name="run",
            name="versions",
            field=models.JSONField(
                default=dict, help_text="The version of each month that the standings were made from."
            ),
        ),
        migrations.AddField(
            model_name="blockedmonth",
            name="waiting",
            field=models.PositiveIntegerField(
                help_text="How many marks waited when it was last tried; more of them are a reason to try again.",
                null=True,
            ),
        ),
        migrations.RunPython(make_all_due, migrations.RunPython.noop),
        migrations.DeleteModel(name="LinkMonth"),
        migrations.DeleteModel(name="MetricMonth"),
    ]
