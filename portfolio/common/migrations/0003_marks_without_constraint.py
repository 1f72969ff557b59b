"""Let marks refer to products without a constraint that is checked for each of a million."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        ("common", "0002_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stalemark",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.product",
            ),
        ),
    ]
