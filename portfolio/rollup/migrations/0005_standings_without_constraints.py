"""Standings without constraints that would be checked each time they are written."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("rollup", "0004_claimed_months"),
    ]

    operations = [
        migrations.AlterField(
            model_name="standing",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standings",
                to="catalog.product",
            ),
        ),
        migrations.AlterField(
            model_name="standing",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="standings",
                to="rollup.run",
            ),
        ),
        migrations.AlterField(
            model_name="standing",
            name="value_stream",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standings",
                to="catalog.valuestream",
            ),
        ),
    ]
