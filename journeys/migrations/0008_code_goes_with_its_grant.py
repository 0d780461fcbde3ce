import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("journeys", "0007_time_pass")]

    operations = [
        migrations.AlterField(
            model_name="offercode",
            name="grant",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="single_code",
                to="journeys.offergrant",
                verbose_name="granted offer",
            ),
        ),
    ]
