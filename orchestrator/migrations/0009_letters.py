"""Letters: batches, the letters in them, and who took which file out; receivers of webhooks that do not answer."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0015_devices'),
        ('journeys', '0010_send_guard'),
        ('orchestrator', '0008_mail'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Receiver',
            fields=[
                ('step', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='journeys.step', verbose_name='step')),
                ('away_since', models.DateTimeField(blank=True, null=True, verbose_name='away since')),
                ('tried_at', models.DateTimeField(blank=True, null=True, verbose_name='last tried')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone')),
            ],
            options={
                'verbose_name': 'receiver of webhooks',
                'verbose_name_plural': 'receivers of webhooks',
            },
        ),
        migrations.CreateModel(
            name='LetterBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'open'), ('closed', 'closed'), ('printed', 'printed')], default='open', max_length=7, verbose_name='state')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('printed_at', models.DateTimeField(blank=True, null=True, verbose_name='printed')),
            ],
            options={
                'verbose_name': 'batch of letters',
                'verbose_name_plural': 'batches of letters',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('state',), name='letterbatch_one_open')],
            },
        ),
        migrations.CreateModel(
            name='LetterDownload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('pdf', 'letters (PDF)'), ('csv', 'addresses (CSV)')], max_length=3, verbose_name='file')),
                ('letters', models.PositiveIntegerField(verbose_name='letters')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='downloads', to='orchestrator.letterbatch', verbose_name='batch')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'download of letters',
                'verbose_name_plural': 'downloads of letters',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=2, verbose_name='language')),
                ('subject', models.CharField(blank=True, max_length=500, verbose_name='subject')),
                ('text', models.TextField(verbose_name='text')),
                ('marketing', models.BooleanField(verbose_name='marketing')),
                ('name', models.CharField(blank=True, max_length=400, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=300, verbose_name='company')),
                ('street', models.CharField(max_length=300, verbose_name='street')),
                ('postal_code', models.CharField(max_length=40, verbose_name='postal code')),
                ('city', models.CharField(max_length=200, verbose_name='city')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('reason', models.CharField(blank=True, default='', max_length=60, verbose_name='taken out because')),
                ('at', models.DateTimeField(verbose_name='written')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='contacts.contact', verbose_name='contact')),
                ('touch', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to='journeys.touch', verbose_name='touch')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='orchestrator.letterbatch', verbose_name='batch')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters',
                'indexes': [models.Index(fields=['batch', 'postal_code', 'id'], name='letter_batch_order')],
            },
        ),
    ]
