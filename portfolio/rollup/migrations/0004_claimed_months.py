"""What a claim of a month tells about it, and figures without what slows the writing of many."""

import django.db.models.deletion
from django.db import migrations, models


def store_as_it_is(apps, schema_editor):
    """Have PostgreSQL not try to compress the figures: whole numbers are in their narrowest type, shares are noise."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE rollup_solvedmonth ALTER COLUMN figures SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("rollup", "0003_invariant_report"),
    ]

    operations = [
        migrations.AddField(
            model_name="solvedmonth",
            name="has_products",
            field=models.BooleanField(default=False, help_text="Whether any product has figures in it."),
        ),
        migrations.AddField(
            model_name="solvedmonth",
            name="metrics_value",
            field=models.DecimalField(
                decimal_places=2, default=0, help_text="What its metrics are worth together.", max_digits=18
            ),
        ),
        migrations.AddField(
            model_name="solvedmonth",
            name="was_whole",
            field=models.BooleanField(default=False, help_text="Whether it was worked out from all of its facts."),
        ),
        migrations.AlterField(
            model_name="productmonth",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="months",
                to="catalog.product",
            ),
        ),
        migrations.RunPython(store_as_it_is, migrations.RunPython.noop),
    ]
