"""The role of each channel in each phase."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0010_send_guard'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=20, verbose_name='channel')),
                ('phase', models.CharField(choices=[('awareness', 'Awareness'), ('consideration', 'Consideration'), ('purchase', 'Purchase'), ('retention', 'Retention'), ('advocacy', 'Advocacy')], max_length=13, verbose_name='phase')),
                ('role', models.CharField(choices=[('main', 'main channel'), ('supporting', 'supporting'), ('unused', 'not used')], max_length=10, verbose_name='role')),
            ],
            options={
                'verbose_name': 'role of a channel',
                'verbose_name_plural': 'roles of channels',
                'constraints': [models.UniqueConstraint(fields=('channel', 'phase'), name='channelrole_once')],
            },
        ),
    ]
