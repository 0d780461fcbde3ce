"""Collect the texts for people into the German file, check it, compile it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orchestrator.kernel import messages


class Command(BaseCommand):
    """`messages` brings the German file up to date, `--check` fails when something is missing, `--compile` makes it readable."""

    help = "Collect the texts for people into orchestrator/locale/de; check or compile them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing, fail when German is missing, fuzzy or unused"
        )
        parser.add_argument("--compile", action="store_true", help="write the .mo file that Django reads")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.LOCALE_PATHS[0] / "de" / "LC_MESSAGES" / "django.po"
        kept = messages.read(path)
        if options["compile"]:
            messages.compile_to(path.with_suffix(".mo"), kept)
            return
        found = messages.collect(settings.ROOT)
        if not options["check"]:
            kept = messages.merge(kept, found)
            messages.write(path, kept)
        wrong = messages.problems(kept, found)
        for line in wrong:
            self.stdout.write(line)
        if wrong and options["check"]:
            raise CommandError(f"{len(wrong)} texts need German: fill in {path.relative_to(settings.ROOT)}")
        self.stdout.write(f"{len(found)} texts, {len(wrong)} to do")
