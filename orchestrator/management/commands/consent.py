"""`manage.py consent verify|seal|rebuild`: proves that the records of consent are as they were; derives again what holds by them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.records.chain import seal_records, verify_chain
from consent.records.operations import rebuild_states
from consent.records.rules import Fault, say_fault


class Command(BaseCommand):
    help = "Look whether every record of consent is as it was (verify), seal those that are new (seal), derive what holds now from the records alone (rebuild)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["verify", "seal", "rebuild"])

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "seal":
            self.stdout.write(f"{seal_records(now=timezone.now())} seals")
            return
        if action == "rebuild":
            self.stdout.write(f"{rebuild_states()} states, each by the newest record of its person and purpose")
            return
        report = verify_chain()
        for fault in report.faults:
            self.stdout.write(self._line(fault))
        said = f"{report.records} records, sealed up to {report.sealed_up_to} ({report.seal or 'no seal'})"
        said += f", {report.erased} proofs erased and {report.removed} records removed by law"
        self.stdout.write(said)
        if not report.sound:
            raise CommandError(f"{report.broken} are not as they were")

    def _line(self, fault: Fault) -> str:
        where = f"record {fault.record} of contact {fault.contact}" if fault.record else ""
        where = where or f"range {fault.after} to {fault.up_to}: {fault.many}"
        return f"{where}: {say_fault(fault.kind, 'en')}"
