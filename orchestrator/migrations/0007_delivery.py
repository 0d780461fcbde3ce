"""Stops, rate limits, attempts; how long a part of the beat took."""

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0012_delivery'),
        ('orchestrator', '0006_audiences'),
    ]

    operations = [
        migrations.AddField(
            model_name='heartbeat',
            name='seconds',
            field=models.FloatField(blank=True, null=True, verbose_name='took seconds'),
        ),
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('channel', 'channel'), ('provider', 'provider'), ('domain', 'domain of recipients')], max_length=8, verbose_name='of what')),
                ('name', models.CharField(max_length=253, verbose_name='name')),
                ('per_second', models.FloatField(validators=[django.core.validators.MinValueValidator(0.001), django.core.validators.MaxValueValidator(100000)], verbose_name='messages a second')),
                ('most', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000)], verbose_name='at once at most')),
                ('tokens', models.FloatField(default=0, verbose_name='tokens')),
                ('filled_at', models.DateTimeField(verbose_name='filled')),
                ('queue_until', models.DateTimeField(blank=True, null=True, verbose_name='promised until')),
            ],
            options={
                'verbose_name': 'rate limit',
                'verbose_name_plural': 'rate limits',
                'constraints': [models.UniqueConstraint(fields=('kind', 'name'), name='bucket_name')],
            },
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(blank=True, default='', max_length=20, verbose_name='channel')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('by', models.CharField(max_length=150, verbose_name='by')),
                ('why', models.CharField(blank=True, default='', max_length=300, verbose_name='why')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended_by', models.CharField(blank=True, default='', max_length=150, verbose_name='ended by')),
            ],
            options={
                'verbose_name': 'stop of sending',
                'verbose_name_plural': 'stops of sending',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('channel',), name='stop_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('channel', models.CharField(max_length=20, verbose_name='channel')),
                ('provider', models.CharField(blank=True, default='', max_length=50, verbose_name='provider')),
                ('outcome', models.CharField(choices=[('rejected', 'refused for good'), ('unavailable', 'not now'), ('unknown', 'answer lost'), ('arrived', 'arrived after all'), ('replayed', 'sent again')], max_length=11, verbose_name='outcome')),
                ('code', models.CharField(blank=True, default='', max_length=20, verbose_name='code')),
                ('words', models.CharField(blank=True, default='', max_length=200, verbose_name='words')),
                ('by', models.CharField(blank=True, default='', max_length=150, verbose_name='by')),
                ('touch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to='journeys.touch', verbose_name='touch')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'indexes': [django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['at'], name='attempt_at_brin')],
            },
        ),
    ]
