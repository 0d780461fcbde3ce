"""`manage.py journeys`: out and in again is the same version; broken files say where."""

import io

import pytest
import yaml
from django.core.management import CommandError, call_command

from journeys.models import Journey
from tests.journeys.definitions.test_check import GOOD, things  # noqa: F401

pytestmark = pytest.mark.django_db


def run(*args):
    out = io.StringIO()
    call_command("journeys", *args, stdout=out)
    return out.getvalue()


def test_journeys_out_and_in_again_is_the_same_version(tmp_path):
    file = tmp_path / "cart.yaml"
    file.write_text(yaml.safe_dump(GOOD))
    assert "cart version 1 is live" in run("import", str(file))
    file.write_text(run("export", "cart"))
    assert "cart version 1 is live" in run("import", str(file))
    assert Journey.objects.get().versions.count() == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("slug: [", "line 2, column 1: expected YAML"),
        ("- 1", "expected an object"),
        ("phase: party", r"journeys\[0\].phase: expected one of"),
        ("!!python/object:os.system {}", "line 1, column 1: expected plain values, got the tag"),
    ],
)
def test_journeys_of_a_broken_file_says_where(tmp_path, text, error):
    file = tmp_path / "cart.yaml"
    file.write_text(text)
    with pytest.raises(CommandError, match=error):
        run("import", str(file))
    assert not Journey.objects.exists()
