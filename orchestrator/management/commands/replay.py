"""Run real history through the journeys: a CSV of events and a mapping."""

import csv
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from consent.records.operations import UnknownPurpose
from orchestrator.replay.definitions import UnknownJourney
from orchestrator.replay.mapping import read_mapping
from orchestrator.replay.operations import Reject, Summary, replay
from orchestrator.replay.rules import InvalidMapping, Layout
from orchestrator.replay.source import read_lines

MAPPINGS = Path(__file__).resolve().parents[2] / "replay" / "mappings"
UNUSABLE = 2  # the exit code when nothing was written


class Command(BaseCommand):
    """`manage.py replay FILE --mapping cdnow --journey second-purchase`."""

    help = "Take a CSV of events in and run the journeys through its time. Nobody is written to."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, its mapping, and how to go through it."""
        parser.add_argument("file", type=Path, help="CSV, also .gz")
        parser.add_argument(
            "--mapping", required=True, help="a YAML file, or the name of one of the project: cdnow, rees46, ..."
        )
        parser.add_argument(
            "--journey",
            action="append",
            default=[],
            metavar="SLUG",
            help="only these journeys move (all that are live)",
        )
        parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
        parser.add_argument("--rejects", type=Path, help="where broken lines are listed with their reason")
        parser.add_argument(
            "--step",
            type=float,
            default=0,
            help="seconds of events that share a tick (default: each instant has its own)",
        )
        parser.add_argument(
            "--most", type=float, default=86_400, help="seconds the clock moves at most at once (default: a day)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what came of it."""
        if options["step"] < 0 or options["most"] <= 0:
            raise CommandError("--step must not be negative, --most must be more than 0", returncode=UNUSABLE)
        try:
            layout = self._layout(options["mapping"])
            summary, rejects = replay(
                layout=layout,
                lines=read_lines(options["file"], layout),
                journeys=options["journey"],
                now=timezone.now(),
                step=timedelta(seconds=options["step"]),
                most=timedelta(seconds=options["most"]),
                progress=self._say,
            )
        except InvalidMapping as error:
            raise CommandError(f"mapping {options['mapping']}:\n{error}", returncode=UNUSABLE) from error
        except UnknownJourney as error:
            raise CommandError(f"there is no live journey {error}", returncode=UNUSABLE) from error
        except UnknownPurpose as error:
            raise CommandError(
                f"mapping {options['mapping']}:\nconsent: there is no purpose {error}", returncode=UNUSABLE
            ) from error
        except FileNotFoundError as error:
            raise CommandError(f"there is no file {error.filename}", returncode=UNUSABLE) from error
        if options["rejects"]:
            self._write_rejects(options["rejects"], rejects)
        elif rejects:
            self._say(f"{len(rejects)} lines rejected, the first: line {rejects[0].line}: {rejects[0].reason}")
        self.stdout.write(json.dumps(summary.as_dict()) if options["json"] else self._text(summary))

    def _layout(self, name: str) -> Layout:
        path = MAPPINGS / f"{name}.yaml" if name.isidentifier() else Path(name)
        try:
            return read_mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InvalidMapping(f"no YAML: {error}") from error

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr)

    def _write_rejects(self, path: Path, rejects: list[Reject]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Reject._fields)
            writer.writerows(rejects)

    def _text(self, summary: Summary) -> str:
        lines = []
        for name, value in summary.as_dict().items():
            lines.append(f"{name:12}{value if not isinstance(value, dict) else json.dumps(value)}")
        return "\n".join(lines)
