"""What is approved is what is sent: a draft changes nothing until another person says yes."""

import pytest
from django.contrib.auth.models import User

from journeys.content.editing import approve, ask_review, newest_texts, open_revision, save_texts
from journeys.content.texts import digest_of
from journeys.models import Block
from orchestrator.channels.operations import deliver_touches

from .conftest import NOW

pytestmark = pytest.mark.django_db


def test_draft_is_sent_from_its_approval_on_and_each_touch_keeps_its_version(world, smtp, clock):
    maja, ada = User.objects.create_user("maja"), User.objects.create_user("ada")
    block = Block.objects.get(pk=world.block_id)
    for old in newest_texts(block):
        new = {**old, "subject": "A new subject", "body": "<mj-text>New</mj-text>"}
        save_texts(block_id=block.pk, texts=new, base=digest_of(old), by=maja, now=NOW)
    edits = open_revision(block).edits
    ask_review(block_id=block.pk, edits=edits, note="", now=NOW)
    before = world.touch(world.person())
    deliver_touches(now=clock)
    approve(block_id=block.pk, edits=edits, by=ada, now=NOW)
    after = world.touch(world.person("Berta"))
    deliver_touches(now=clock)
    for touch in (before, after):
        touch.refresh_from_db()
    assert [touch.content_version for touch in (before, after)] == [1, 2]
    assert (before.subject, after.subject) == ("Your cart, Anna", "A new subject")
    assert [mail["Subject"] for mail in smtp.mails] == ["Your cart, Anna", "A new subject"]
    assert open_revision(block) is None
