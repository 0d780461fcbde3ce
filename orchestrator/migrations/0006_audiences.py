"""Audiences at ad platforms: what follows whom, who is in, what each run and call did; keys of a CRM for tasks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0008_may_we'),
        ('contacts', '0014_tasks'),
        ('orchestrator', '0005_over_limit_planned'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AudienceBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('add', 'add'), ('remove', 'remove')], max_length=6, verbose_name='kind')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('state', models.CharField(choices=[('calling', 'calling'), ('done', 'done'), ('failed', 'refused'), ('again', 'comes again'), ('unknown', 'answer never recorded')], default='calling', max_length=7, verbose_name='state')),
                ('size', models.PositiveIntegerField(default=0, verbose_name='people')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='refused by the platform')),
                ('remote_id', models.CharField(blank=True, default='', max_length=200, verbose_name='id at the platform')),
                ('words', models.CharField(blank=True, default='', max_length=300, verbose_name='what the platform said')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('done_at', models.DateTimeField(null=True, verbose_name='answered')),
            ],
            options={
                'verbose_name': 'batch of an audience',
                'verbose_name_plural': 'batches of audiences',
                'ordering': ['id'],
            },
        ),
        migrations.AlterField(
            model_name='apikey',
            name='scope',
            field=models.CharField(choices=[('intake', 'people and facts in'), ('read', 'reads journeys'), ('tasks', 'reads and closes tasks of sales and service'), ('manage', 'people and facts in, reads and changes journeys')], db_default='intake', default='intake', max_length=6, verbose_name='scope'),
        ),
        migrations.CreateModel(
            name='Audience',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_en', models.CharField(max_length=200, verbose_name='name (English)')),
                ('name_de', models.CharField(max_length=200, verbose_name='name (German)')),
                ('slug', models.SlugField(max_length=100, unique=True, verbose_name='short name')),
                ('destination', models.CharField(choices=[('google', 'Google Ads (Customer Match)'), ('meta', 'Meta (Custom Audience)'), ('file', 'file to download')], max_length=6, verbose_name='destination')),
                ('account', models.CharField(blank=True, default='', max_length=25, verbose_name='account')),
                ('manager', models.CharField(blank=True, default='', max_length=25, verbose_name='manager account')),
                ('remote_list', models.CharField(blank=True, default='', max_length=25, verbose_name='list at the platform')),
                ('columns', models.JSONField(blank=True, default=list, verbose_name='columns of the file')),
                ('state', models.CharField(choices=[('active', 'kept in step'), ('paused', 'paused: nobody is added, removals go on'), ('ended', 'ended: everybody is taken off')], default='active', max_length=6, verbose_name='state')),
                ('members', models.PositiveIntegerField(default=0, editable=False, verbose_name='people in it')),
                ('kept_out', models.JSONField(default=dict, editable=False, verbose_name='kept out, by reason')),
                ('last_run_at', models.DateTimeField(editable=False, null=True, verbose_name='last run')),
                ('next_at', models.DateTimeField(editable=False, verbose_name='next run')),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='runs in a row that failed')),
                ('claim', models.UUIDField(editable=False, null=True, verbose_name='claim')),
                ('lease_until', models.DateTimeField(editable=False, null=True, verbose_name='claimed until')),
                ('created_at', models.DateTimeField(editable=False, verbose_name='created')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('people', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.segment', verbose_name='fixed list')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consent.purpose', verbose_name='purpose that people must agree to')),
                ('segment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'audience',
                'verbose_name_plural': 'audiences',
                'ordering': ['slug'],
            },
        ),
        migrations.CreateModel(
            name='AudienceMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email_hash', models.CharField(blank=True, default='', max_length=64, verbose_name='hash of the e-mail address')),
                ('phone_hash', models.CharField(blank=True, default='', max_length=64, verbose_name='hash of the phone number')),
                ('state', models.CharField(choices=[('adding', 'to be added'), ('in', 'in'), ('removing', 'to be removed'), ('gone', 'gone')], default='adding', max_length=8, verbose_name='state')),
                ('reason', models.CharField(blank=True, default='', max_length=20, verbose_name='why removed')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('called_at', models.DateTimeField(null=True, verbose_name='first sent')),
                ('audience', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='orchestrator.audience', verbose_name='audience')),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orchestrator.audiencebatch', verbose_name='in the batch')),
                ('contact', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to='contacts.contact', verbose_name='contact')),
            ],
            options={
                'verbose_name': 'member of an audience',
                'verbose_name_plural': 'members of audiences',
            },
        ),
        migrations.CreateModel(
            name='AudienceRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sync', 'in step'), ('file', 'file fetched')], default='sync', max_length=4, verbose_name='kind')),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('partly', 'partly'), ('failed', 'failed')], default='running', max_length=7, verbose_name='state')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('added', models.PositiveIntegerField(default=0, verbose_name='added')),
                ('removed', models.PositiveIntegerField(default=0, verbose_name='removed')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='refused by the platform')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='failed')),
                ('kept_out', models.JSONField(default=dict, verbose_name='kept out, by reason')),
                ('words', models.CharField(blank=True, default='', max_length=300, verbose_name='what the platform said')),
                ('columns', models.JSONField(default=list, verbose_name='columns of the file')),
                ('audience', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='orchestrator.audience', verbose_name='audience')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'run of an audience',
                'verbose_name_plural': 'runs of audiences',
            },
        ),
        migrations.AddField(
            model_name='audiencebatch',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='orchestrator.audiencerun', verbose_name='run'),
        ),
        migrations.AddConstraint(
            model_name='audience',
            constraint=models.CheckConstraint(condition=models.Q(('segment__isnull', False), ('people__isnull', False), _connector='OR'), name='audience_has_source'),
        ),
        migrations.AddIndex(
            model_name='audiencemember',
            index=models.Index(models.F('audience'), models.F('state'), models.F('id'), condition=models.Q(('state__in', ('in', 'gone')), _negated=True), name='audiencemember_to_do'),
        ),
        migrations.AddIndex(
            model_name='audiencemember',
            index=models.Index(condition=models.Q(('state', 'in')), fields=['audience', 'email_hash'], name='audiencemember_email'),
        ),
        migrations.AddIndex(
            model_name='audiencemember',
            index=models.Index(condition=models.Q(('state', 'in')), fields=['audience', 'phone_hash'], name='audiencemember_phone'),
        ),
        migrations.AddIndex(
            model_name='audiencemember',
            index=models.Index(condition=models.Q(('state', 'gone')), fields=['since'], name='audiencemember_gone'),
        ),
        migrations.AddConstraint(
            model_name='audiencemember',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('adding', 'in'))), fields=('audience', 'contact'), name='audiencemember_once'),
        ),
        migrations.AddIndex(
            model_name='audiencerun',
            index=models.Index(fields=['audience', '-started_at'], name='audiencerun_newest'),
        ),
        migrations.AddConstraint(
            model_name='audiencebatch',
            constraint=models.UniqueConstraint(fields=('run', 'kind', 'number'), name='audiencebatch_once'),
        ),
    ]
