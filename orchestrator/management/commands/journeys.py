"""`manage.py journeys import|check|export`: journeys as files with all that they need, so that teams keep them in git."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts.conditions.rules import Problem
from journeys.definitions.check import check
from journeys.gallery.comparing import Change, compare
from journeys.gallery.operations import InvalidBundle, import_bundle, problems_of, rehearse_bundle
from journeys.gallery.queries import NoJourney, bundle_of
from journeys.gallery.reading import MOST_BYTES, Unreadable, read_document
from journeys.gallery.rules import as_bundle
from journeys.gallery.writing import write_document

SIGNS = {"new": "+", "same": "=", "changed": "~", "conflict": "!"}


class Command(BaseCommand):
    help = "Take journeys in from YAML or JSON files (import), look them over (check), or write them out (export)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["import", "check", "export"])
        parser.add_argument("names", nargs="+", help="files; for export the short names of journeys")
        parser.add_argument("--alone", action="store_true", help="export: without signals, segments and content")
        parser.add_argument(
            "--draft", action="store_true", help="import as drafts; export: the draft where there is one"
        )
        parser.add_argument("--dry-run", action="store_true", help="import: say what would change, and change nothing")
        parser.add_argument("--approved", action="store_true", help="import: new texts may be sent without a review")
        parser.add_argument("--take", action="store_true", help="import: take what others use as well from the file")
        parser.add_argument("--keep", action="store_true", help="import: what is here stays where the file differs")

    def handle(self, *args: Any, action: str, names: list[str], **options: Any) -> None:
        if action == "export":
            self._export(names, options)
            return
        for name in names:
            document = as_bundle(_read(name))
            if action == "check":
                self._check(name, document)
            else:
                self._import(name, document, options)

    def _import(self, name: str, document: Any, options: dict[str, Any]) -> None:
        _refuse(name, (problem for problem in problems_of(document=document) if problem.level == "error"))
        changes = compare(document)
        keep = self._choose(name, changes, options)
        given = {"document": document, "now": timezone.now(), "keep": keep}
        try:
            if options["dry_run"]:
                taken = rehearse_bundle(**given)
            else:
                taken = import_bundle(**given, by=None, approved=options["approved"], live=not options["draft"])
        except InvalidBundle as error:
            _refuse(name, error.problems)
        for problem in taken.warnings:
            self.stdout.write(f"{name}: warning: {problem}")
        for version in [] if options["dry_run"] else taken.versions:
            state = "is live" if version.published_at else "is a draft"
            self.stdout.write(f"{name}: {version.journey.slug} version {version.number} {state}")

    def _choose(self, name: str, changes: list[Change], options: dict[str, Any]) -> set[str]:
        """Say what differs; what others use needs a word before it changes."""
        said = [change for change in changes if change.state != "same"]
        for change in said if options["dry_run"] else []:
            self._say(name, change)
        if options["keep"]:
            return {change.key for change in said if change.state != "new" and change.thing != "journey"}
        conflicts = [change for change in said if change.state == "conflict"]
        if conflicts and not options["take"] and not options["dry_run"]:
            lines = [f"{name}: {change.key}: {change.why} {', '.join(change.affects)}" for change in conflicts]
            raise CommandError("\n".join([*lines, "decide with --take or --keep; --dry-run shows what differs"]))
        return set()

    def _say(self, name: str, change: Change) -> None:
        self.stdout.write(f"{name}: {SIGNS[change.state]} {change.key} {change.state} {change.why}".rstrip())
        for one in change.affects:
            self.stdout.write(f"    concerns {one}")
        for line in change.diff:
            self.stdout.write(f"    {line}")

    def _check(self, name: str, document: Any) -> None:
        _refuse(name, (problem for problem in problems_of(document=document) if problem.level == "error"))
        errors = 0
        for i, definition in enumerate(document.get("journeys", [])):
            problems = check(definition)
            errors += sum(problem.level == "error" for problem in problems)
            for problem in problems:
                self.stdout.write(f"{name}: {problem.level}: journeys[{i}].{problem}")
        if errors:
            raise CommandError(f"{errors} errors")

    def _export(self, names: list[str], options: dict[str, Any]) -> None:
        try:
            self.stdout.write(
                write_document(bundle_of(names, alone=options["alone"], draft=options["draft"])), ending=""
            )
        except NoJourney as error:
            raise CommandError(f"there is no journey {str(error)!r} with a version") from error


def _refuse(name: str, problems: Iterable[Problem]) -> None:
    if said := [f"{name}: {problem}" for problem in problems]:
        raise CommandError("\n".join(said))


def _read(name: str) -> Any:
    """The document in a file. Raises CommandError."""
    try:
        with Path(name).open("rb") as file:
            return read_document(file.read(MOST_BYTES + 1))
    except Unreadable as error:
        raise CommandError(f"{name}: {error}") from error
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
