"""Tasks for sales and service."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0013_reach'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.CharField(choices=[('sales', 'sales'), ('service', 'service')], max_length=7, verbose_name='team')),
                ('queue', models.CharField(blank=True, default='', max_length=100, verbose_name='queue')),
                ('title', models.TextField(verbose_name='title')),
                ('text', models.TextField(blank=True, default='', verbose_name='text')),
                ('filled_at', models.DateTimeField(blank=True, null=True, verbose_name='text filled')),
                ('problem', models.CharField(blank=True, default='', max_length=300, verbose_name='why the text is missing')),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('declined', 'declined')], default='open', max_length=8, verbose_name='state')),
                ('outcome', models.CharField(blank=True, default='', max_length=20, verbose_name='outcome')),
                ('note', models.TextField(blank=True, default='', verbose_name='note')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('closed_by', models.CharField(blank=True, default='', max_length=200, verbose_name='closed by')),
                ('journey_slug', models.CharField(blank=True, default='', max_length=100, verbose_name='journey')),
                ('step_key', models.CharField(blank=True, default='', max_length=100, verbose_name='step')),
                ('enrollment_id', models.BigIntegerField(blank=True, null=True, verbose_name='enrollment')),
                ('visit', models.PositiveIntegerField(default=0, verbose_name='visit')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='contacts.contact', verbose_name='contact')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'task',
                'verbose_name_plural': 'tasks',
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['due_at'], name='task_open'), models.Index(condition=models.Q(('filled_at', None)), fields=['id'], name='task_unfilled'), models.Index(condition=models.Q(('state', 'open'), _negated=True), fields=['closed_at'], name='task_closed')],
                'constraints': [models.UniqueConstraint(fields=('enrollment_id', 'step_key', 'visit'), name='task_once')],
            },
        ),
    ]
