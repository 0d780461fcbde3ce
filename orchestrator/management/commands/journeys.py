"""`manage.py journeys import|check|export`: journeys as files, so that teams keep them in git."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from journeys.definitions.check import check
from journeys.definitions.models import Journey
from journeys.definitions.operations import InvalidDefinition, import_journey


class Command(BaseCommand):
    help = "Take journeys in from YAML or JSON files (import), look them over (check), or write the live ones out (export)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["import", "check", "export"])
        parser.add_argument("names", nargs="+", help="files; for export the short names of journeys")

    def handle(self, *args: Any, action: str, names: list[str], **options: Any) -> None:
        {"import": self._import, "check": self._check, "export": self._export}[action](names)

    def _import(self, names: list[str]) -> None:
        for name in names:
            try:
                version = import_journey(definition=_read(name), now=timezone.now())
            except InvalidDefinition as error:
                raise CommandError("\n".join(f"{name}: {problem}" for problem in error.problems)) from error
            self.stdout.write(f"{name}: {version.journey.slug} version {version.number} is live")

    def _check(self, names: list[str]) -> None:
        errors = 0
        for name in names:
            problems = check(_read(name))
            errors += sum(problem.level == "error" for problem in problems)
            for problem in problems:
                self.stdout.write(f"{name}: {problem.level}: {problem}")
        if errors:
            raise CommandError(f"{errors} errors")

    def _export(self, names: list[str]) -> None:
        for slug in names:
            journey = Journey.objects.select_related("live_version").filter(slug=slug).first()
            if journey is None or journey.live_version is None:
                raise CommandError(f"there is no live journey {slug!r}")
            text = yaml.safe_dump(journey.live_version.definition, allow_unicode=True, sort_keys=False, width=120)
            self.stdout.write(text)


def _read(name: str) -> Any:
    """The document in a file. Raises CommandError."""
    try:
        text = Path(name).read_text(encoding="utf-8")
        return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, json.JSONDecodeError, RecursionError) as error:
        raise CommandError(f"{name}: {error}") from error
