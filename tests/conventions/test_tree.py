"""The tree stays as agreed: top level, imports, migrations, and nothing that a machine made."""

import io
import re
import subprocess

import pytest
from django.core.management import call_command

from tests.conventions.tree import APPS, ROOT

TOP = {
    *APPS,
    *("templates", "static", "tests", "docs", "deploy"),
    *("manage.py", "pyproject.toml", "requirements.lock", "Makefile", "README.md", "CHANGELOG.md"),
}
GENERATED = re.compile(
    r"\.(mo|pyc|log|sqlite3)$|^var/|^static/(vendor|node_modules)/|^staticfiles/|/__pycache__/|^\.venv/"
)


@pytest.fixture(scope="module")
def committed():
    """What git keeps; a tree without git (an unpacked archive) has nothing to say."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_top_level_is_what_was_agreed(committed):
    assert {path.split("/")[0] for path in committed if not path.startswith(".")} - TOP == set()


def test_nothing_generated_is_committed(committed):
    assert [path for path in committed if GENERATED.search(path)] == []


def test_locks_name_no_hosts():
    python = (ROOT / "requirements.lock").read_text()
    assert re.findall(r"(?:https?|git|ssh)://\S+|--(?:index|extra-index|find-links)\S*", python) == []
    assert '"resolved"' not in (ROOT / "static" / "package-lock.json").read_text()


def test_imports_keep_the_contracts():
    ran = subprocess.run([ROOT / ".venv" / "bin" / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-3000:]


@pytest.mark.django_db
def test_migrations_are_complete():
    out = io.StringIO()
    call_command("makemigrations", *APPS, check=True, dry_run=True, stdout=out, no_color=True)
    assert "No changes" in out.getvalue()
