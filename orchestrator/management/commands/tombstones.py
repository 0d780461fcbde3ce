"""Erasures outlive a restored backup: write the tombstones to a file outside of it, apply them after the restore."""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from consent.privacy.tombstones import apply_tombstones, read_lines, tombstone_lines


class Command(BaseCommand):
    """`tombstones write FILE`, `tombstones apply FILE`; `-` is standard output or input."""

    help = "Write digests of erased people and silent addresses to a file, or apply such a file after a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do and the file."""
        parser.add_argument("what", choices=["write", "apply"])
        parser.add_argument("file")

    def handle(self, *args: Any, what: str, file: str, **options: Any) -> None:
        """Do it, and say in numbers what was done."""
        if what == "write":
            text = "".join(f"{line}\n" for line in tombstone_lines())
            if file == "-":
                self.stdout.write(text, ending="")
            else:
                Path(file).write_text(text, encoding="utf-8")
            return
        content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        erased, silent = apply_tombstones(stones=read_lines(content), now=datetime.now(UTC))
        self.stdout.write(f"{erased} people erased again, {silent} addresses silent again")
