"""`python -m orchestrator.demo`: what `make demo` runs."""

import sys

from orchestrator.demo.children import Taken
from orchestrator.demo.config import from_environment
from orchestrator.demo.supervisor import Failed, Stop, Supervisor, stop_on_signals
from orchestrator.kernel.embedded import DidNotStart


def main() -> int:
    """Run the demo until Ctrl-C. Returns the exit code."""
    stop_on_signals()
    try:
        Supervisor(from_environment()).run()
    except Stop:
        return 0
    except (Taken, Failed, DidNotStart) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
