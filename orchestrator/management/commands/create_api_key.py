"""Make a key for a machine and print it, this one time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.validators import validate_slug
from django.utils import timezone

from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key


class Command(BaseCommand):
    """`manage.py create_api_key NAME --source shop`."""

    help = "Make an API key. It is printed once and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name of the machine and the source of its events."""
        parser.add_argument("name")
        parser.add_argument(
            "--scope",
            choices=ApiKey.Scope.values,
            default=ApiKey.Scope.INTAKE,
            help="intake: people and facts in; read: journeys; manage: both, and drafts of journeys",
        )
        parser.add_argument("--source", default="api", help="what its events are recorded under (default: api)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        validate_slug(options["source"])
        given = {"name": options["name"][:100], "source": options["source"], "scope": options["scope"]}
        self.stdout.write(create_key(**given, now=timezone.now()))
