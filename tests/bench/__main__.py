"""Run the measurements: `python -m tests.bench [tick arbiter journeys ingest mail delivery rendering sustained million imports public proofs decide]`, on throw-away servers."""

import argparse
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from orchestrator.kernel import embedded

CASES = (
    "tick",
    "arbiter",
    "journeys",
    "ingest",
    "mail",
    "delivery",
    "rendering",
    "sustained",
    "million",
    "imports",
    "public",
    "proofs",
    "decide",
)
KEPT = {"million": "crowd"}  # cases whose database takes minutes to make: kept in var/bench for the next run
RESULTS = Path(__file__).resolve().parent.parent.parent / "var" / "bench" / "results.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"some of {', '.join(CASES)}; all when none is named")
    chosen = parser.parse_args().cases or list(CASES)
    if unknown := set(chosen) - set(CASES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    rows: list[dict] = []
    for case in chosen:
        print(f"{case}:", flush=True)
        rows += _in_own_process(case)
    _show(rows)


def _in_own_process(case: str) -> list[dict]:
    """Each case gets a fresh server, so that none measures what another left behind."""
    import subprocess

    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as found:
        subprocess.run([sys.executable, "-m", "tests.bench.__main__", "--one", case, found.name], check=True)
        return [json.loads(line) for line in Path(found.name).read_text().splitlines()]


def one(case: str, path: str) -> None:
    """Run one case on a server of its own and write its lines to a file."""
    folder = RESULTS.parent / KEPT[case] if case in KEPT else Path(tempfile.mkdtemp(prefix="bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    server = embedded.start_postgres(
        folder, settings={"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
    )
    try:
        embedded.create_database(server, "orchestrator")
        os.environ |= {
            "PGHOST": str(server.socket),
            "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        with Path(path).open("a") as out:
            importlib.import_module(f"tests.bench.{case}").run(lambda **row: _keep(out, row))
    finally:
        server.stop(signal.SIGINT)
        if case not in KEPT:
            shutil.rmtree(folder, ignore_errors=True)


def _keep(out, row: dict) -> None:
    line = json.dumps(row)
    print(line, file=out, flush=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("a") as results:
        print(line, file=results)


def _show(rows: list[dict]) -> None:
    print(f"\n{'case':<58} {'figure':>12} {'unit':<6} {'ratio':>8}  baseline")
    for row in rows:
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f}"
        print(f"{row['case']:<58} {row['figure']:>12,.1f} {row['unit']:<6} {ratio:>8}  {row.get('baseline') or ''}")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        one(sys.argv[2], sys.argv[3])
    else:
        main()
