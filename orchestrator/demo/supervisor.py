"""Runs the whole product with the demo company in the foreground, and stops what it started, in order."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from orchestrator.demo.children import Child, check_port, hold_lock
from orchestrator.demo.config import ROOT, Config
from orchestrator.kernel import embedded

DATABASE = "orchestrator"
READY_SECONDS = 60
BROKEN_OFF = 3  # exit code of `manage.py demo_load` when an earlier load was broken off


class Stop(Exception):
    """Somebody pressed Ctrl-C, or asked us to end."""


class Failed(Exception):
    """A part of the demo did not come up or ended; the message says which, and what it said last."""


class Supervisor:
    """What runs, in the order in which it was started."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.environment = dict(os.environ)
        self.stops: list[Callable[[], None]] = []
        self.children: list[Child] = []
        self.postgres: embedded.Server | None = None

    def run(self) -> None:
        """Start everything, say where it is, and stay until Ctrl-C. Raises Taken, Failed, Stop."""
        self.config.logs.mkdir(parents=True, exist_ok=True)
        lock = hold_lock(self.config.folder / "demo.lock")
        try:
            check_port(self.config.port)
            self._start_servers()
            self._load()
            self._start_parts()
            self._wait_until_ready()
            self._start("visitors", "manage.py", "demo_visitors")
            self._greet()
            self._watch()
        finally:
            self._stop()
            lock.close()

    def _start_servers(self) -> None:
        say("Servers ...")
        warnings.filterwarnings(
            "ignore", message="XDG_RUNTIME_DIR"
        )  # of the Postgres package, which needs no such folder
        environment = self.environment
        if "DATABASE_URL" not in environment:
            self.postgres = embedded.start_postgres(self.config.folder)
            self.stops.append(partial(self.postgres.stop, signal.SIGINT))
            embedded.create_database(self.postgres, DATABASE)
            environment["PGHOST"] = str(self.postgres.socket)
        if "BROKER_URL" not in environment:
            valkey = embedded.start_valkey(self.config.folder)
            self.stops.append(valkey.stop)
            environment["BROKER_URL"] = f"redis+socket://{valkey.socket}?virtual_host=0"
        environment.setdefault("PUBLIC_URL", self.config.web)
        environment |= {
            "DEMO": "1",
            "DEMO_DIR": str(self.config.folder),
            "PORT": str(self.config.port),
            "SHOP_URL": f"{environment['PUBLIC_URL']}/demo/shop",
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": environment.get("LOG_LEVEL", "WARNING"),
        }
        environment.setdefault("SECRET_KEY", self._secret())
        self._offer_channels()
        if "EMAIL_URL" not in environment:
            port = embedded.free_port()
            environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
            self._start("inbox", "-m", "orchestrator.demo.inbox", str(self.config.inbox), str(port))

    def _offer_channels(self) -> None:
        """Have SMS go to our own page, and letters into batches."""
        environment, sms = (
            self.environment,
            {"url": f"{self.config.web}/demo/sms/", "body": {"to": "{to}", "text": "{text}"}},
        )
        if "SMS_PROVIDER" not in environment:
            environment |= {"SMS_PROVIDER": "http", "SMS_FROM": "Nordlicht", "SMS_HTTP": json.dumps(sms)}
            allowed = [environment.get("WEBHOOK_ALLOW_PRIVATE", ""), f"127.0.0.1:{self.config.port}"]
            environment["WEBHOOK_ALLOW_PRIVATE"] = ",".join(filter(None, allowed))
        environment.setdefault("LETTER_FROM", "Nordlicht · Hafendamm 7 · 24937 Flensburg")
        environment.setdefault("LETTER_PLACE", "Flensburg")

    def _secret(self) -> str:
        """One secret a checkout: links in mails stay valid when the demo goes on."""
        path = self.config.folder / "demo-secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip()

    def _load(self) -> None:
        code = self._manage("demo_load")
        if code == BROKEN_OFF and self.postgres:
            say("An earlier start was broken off while the demo company was being loaded: once more.")
            _make_database_anew(self.postgres)
            code = self._manage("demo_load")
        if code != 0:
            raise Failed("The demo company could not be loaded, see above.")

    def _manage(self, *command: str) -> int:
        """Run a command of Django to its end; Ctrl-C ends it."""
        with subprocess.Popen(  # noqa: S603  our own programs only
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=embedded.die_with_parent,
        ) as process:
            try:
                return process.wait()
            except BaseException:
                process.kill()
                raise

    def _start_parts(self) -> None:
        say("Web, worker, beat ...")
        celery = ("-m", "celery", "-A", "orchestrator.celery")
        web = ("-m", "gunicorn", "orchestrator.wsgi", "-b", f"127.0.0.1:{self.config.port}", "-k", "gthread", "-w", "2")
        self._start("web", *web, "--threads", "8", "--preload", "--no-control-socket", "--access-logfile", "-")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        self._start("worker", *celery, "worker", "-c", "2", "-l", "INFO", "-n", "demo@%h", *quiet)
        self._start("beat", *celery, "beat", "-l", "INFO", "--pidfile=")

    def _start(self, name: str, *command: str) -> None:
        child = Child(name, list(command), logs=self.config.logs, environment=self.environment)
        self.children.append(child)
        self.stops.append(child.stop)

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while (missing := self._missing()) != []:
            self._check_children()
            if time.monotonic() > end:
                raise Failed(f"Not alive after {READY_SECONDS} seconds: {', '.join(missing)}. See {self.config.logs}")
            time.sleep(0.2)

    def _missing(self) -> list[str]:
        """What /healthz misses; the web itself when it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.config.web}/healthz", timeout=5) as answer:  # noqa: S310  our own address
                return list(json.load(answer)["missing"])
        except urllib.error.HTTPError as answer:
            with answer:
                return list(json.load(answer)["missing"]) if answer.code == 503 else [f"web ({answer.code})"]
        except OSError:
            return ["web"]

    def _check_children(self) -> None:
        for child in self.children:
            if child.ended():
                raise Failed(f"{child.name} ended by itself. The end of {child.log}:\n{child.last_words()}")

    def _greet(self) -> None:
        from orchestrator.demo.logins import LOGINS

        say("")
        say(f"  The demo is running:  {self.config.web}/")
        say(f"  Its inbox:            {self.config.web}/demo/inbox/   (files in {self.config.inbox})")
        for name, password, full_name in LOGINS:
            say(f"  Login:                {name} / {password}   ({full_name})")
        say(f"  API key:              {self.config.key_file.read_text().strip()}")
        say(f"  Logs:                 {self.config.logs}")
        say("  Ctrl-C stops everything.")
        say("")

    def _watch(self) -> None:
        while True:
            self._check_children()
            time.sleep(0.5)

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        if self.stops:
            say("Stopping ...")
        while self.stops:
            self.stops.pop()()
        say("Stopped.")


def _make_database_anew(server: embedded.Server) -> None:
    import psycopg

    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    embedded.create_database(server, DATABASE)


def stop_on_signals() -> None:
    """Have Ctrl-C and SIGTERM raise Stop, also where a shell had them ignored."""

    def stop(number: int, frame: Any) -> None:
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
