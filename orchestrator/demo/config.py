"""How large and how lively the demo is; everything can be set from the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Config:
    """Size, seed and places of the demo."""

    folder: Path = ROOT / "var"
    port: int = 8000
    seed: int = 11
    contacts: int = 5000
    companies: int = 120
    history_days: int = 548  # 18 months
    lived_days: int = 60  # the last ones, in which the journeys ran
    visits_per_minute: float = 14.0  # of the live visitors; about four events each
    cart_patience_seconds: float = 75.0  # how long a visitor hesitates at most before ordering

    @property
    def inbox(self) -> Path:
        """Where mails that arrive are kept, one .eml file each."""
        return self.folder / "inbox"

    @property
    def texts(self) -> Path:
        """Where text messages that arrive are kept, one .eml file each."""
        return self.folder / "texts"

    @property
    def logs(self) -> Path:
        """Where the children write their logs."""
        return self.folder / "log"

    @property
    def key_file(self) -> Path:
        """Where the API key of the visitors is kept."""
        return self.folder / "demo-api-key"

    @property
    def web(self) -> str:
        """Address of the web server."""
        return f"http://127.0.0.1:{self.port}"


def from_environment() -> Config:
    """Read DEMO_DIR, PORT, DEMO_SEED, DEMO_CONTACTS, DEMO_COMPANIES, DEMO_HISTORY_DAYS, DEMO_LIVED_DAYS, DEMO_VISITS."""
    given, usual = os.environ, Config()
    return Config(
        folder=Path(given.get("DEMO_DIR") or usual.folder).resolve(),
        port=int(given.get("PORT") or usual.port),
        seed=int(given.get("DEMO_SEED", usual.seed)),
        contacts=int(given.get("DEMO_CONTACTS", usual.contacts)),
        companies=int(given.get("DEMO_COMPANIES", usual.companies)),
        history_days=int(given.get("DEMO_HISTORY_DAYS", usual.history_days)),
        lived_days=int(given.get("DEMO_LIVED_DAYS", usual.lived_days)),
        visits_per_minute=float(given.get("DEMO_VISITS", usual.visits_per_minute)),
    )
