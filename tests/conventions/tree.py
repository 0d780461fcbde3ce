"""What the tests of the conventions look at: our files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("orchestrator", "contacts", "consent", "journeys", "reporting")


def files(suffix: str) -> list[Path]:
    """Our own source files below the five apps, without migrations."""
    found = [path for app in APPS for path in sorted((ROOT / app).rglob(f"*{suffix}"))]
    return [path for path in found if "migrations" not in path.parts]


def short(path: Path) -> str:
    """A path as people say it."""
    return str(path.relative_to(ROOT))
