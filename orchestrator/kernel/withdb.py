"""Run a command beside a throw-away embedded Postgres: `python -m orchestrator.kernel.withdb COMMAND [ARGUMENT ...]`."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestrator.kernel import embedded

DATABASE = "orchestrator"  # the name in the default of settings.DATABASES


def run_beside_database(command: Sequence[str]) -> int:
    """Start Postgres with one empty database, run the command, and take both away. Returns its exit code.

    A database that the environment names already is used as it is.
    """
    if "DATABASE_URL" in os.environ or "PGHOST" in os.environ:
        return subprocess.run(command).returncode
    memory = Path("/dev/shm")  # noqa: S108  only because it is memory; the folder in it is ours
    folder = Path(tempfile.mkdtemp(prefix="pgc-", dir=memory if os.access(memory, os.W_OK) else None))
    folder.chmod(0o755)
    server = embedded.start_postgres(folder, durable=False)
    try:
        embedded.create_database(server, DATABASE)
        return subprocess.run(command, env=dict(os.environ, PGHOST=str(server.socket))).returncode
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(run_beside_database(sys.argv[1:]))
