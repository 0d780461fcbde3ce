"""Early pytest plugin: one throw-away Postgres for the whole run (loaded with -p, before the settings)."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

_state: dict = {}
if "DATABASE_URL" not in os.environ and "PGHOST" not in os.environ:
    from orchestrator.kernel import embedded

    folder = Path(tempfile.mkdtemp(prefix="pgt-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    folder.chmod(0o755)
    server = embedded.start_postgres(folder, durable=False)
    os.environ["PGHOST"] = str(server.socket)
    _state.update(server=server, folder=folder)


def pytest_unconfigure(config):
    if _state and not hasattr(config, "workerinput"):
        _state["server"].stop(signal.SIGQUIT)
        shutil.rmtree(_state["folder"], ignore_errors=True)
