"""Webhook calls that somebody repeats; indexes for what people look at: what failed, what is in doubt, what was just sent."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0013_reach'),
        ('journeys', '0011_channel_roles'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookcall',
            name='replayed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='repeated by a person'),
        ),
        migrations.AddIndex(
            model_name='touch',
            index=models.Index(condition=models.Q(('state__in', ('failed', 'unknown'))), fields=['id'], name='touch_trouble'),
        ),
        migrations.AddIndex(
            model_name='touch',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['sent_at'], name='touch_sent_brin', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='webhookcall',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['id'], name='webhookcall_failed'),
        ),
    ]
