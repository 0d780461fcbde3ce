"""Keys that nobody keeps without thought: special categories of personal data, secrets, and names of our own."""

import re
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

LONG_STEM = 7  # letters


class Special(StrEnum):
    """Why a key is special."""

    HEALTH = "health"
    RELIGION = "religion"
    POLITICS = "politics"
    UNION = "union"
    ETHNICITY = "ethnicity"
    SEXUALITY = "sexuality"
    BIOMETRICS = "biometrics"
    GENETICS = "genetics"
    SECRET = "secret"  # noqa: S105  a kind of key, not one


CATEGORY_NAMES = {
    Special.HEALTH: {"en": "health", "de": "Gesundheit"},
    Special.RELIGION: {"en": "religion or belief", "de": "Religion oder Weltanschauung"},
    Special.POLITICS: {"en": "political opinion", "de": "politische Meinung"},
    Special.UNION: {"en": "trade union membership", "de": "Gewerkschaftszugehörigkeit"},
    Special.ETHNICITY: {"en": "racial or ethnic origin", "de": "rassische oder ethnische Herkunft"},
    Special.SEXUALITY: {"en": "sex life or sexual orientation", "de": "Sexualleben oder sexuelle Orientierung"},
    Special.BIOMETRICS: {"en": "biometric data", "de": "biometrische Daten"},
    Special.GENETICS: {"en": "genetic data", "de": "genetische Daten"},
    Special.SECRET: {"en": "a secret", "de": "ein Geheimnis"},
}
# Source: GDPR Art. 9(1). A word stands for itself, one with * for its beginning (from seven letters on: anywhere, as German
# joins words), several with + for words side by side or joined.
WORDS = {
    Special.HEALTH: """illness* disease* diagnosis diagnoses disabilit* medication* medicine* medical* allerg* pregnan* diabet* symptom*
        vaccin* therap* psychiatr* patient* hiv cancer blood+type blood+group health+status health+condition health+data health+record
        health+issue health+problem health+info health+history mental+health state+health sick+leave gesundheit* krank* diagnose diagnosen hauptdiagnose
        behinder* schwerbehinder* schwanger* medikament* allergie* impf* blutgruppe* pflegegrad* erkrank* vorerkrank* psychisch*""",
    Special.RELIGION: """religion* religious* church* mosque* synagog* faith creed worship* konfession* glaube* glaeubig*
        gläubig* kirche* kirchensteuer* weltanschauung* religiös* religioes*""",
    Special.POLITICS: """politic* political* party+membership party+member party+affiliation voting+intention voter+preference partei
        parteizugehoerig* parteizugehörig* parteimitglied* parteibuch* politisch* wahlabsicht* wahlverhalten* gesinnung*""",
    Special.UNION: """trade+union labor+union labour+union union+member union+membership gewerkschaft*""",
    Special.ETHNICITY: """ethnic* race racial* skin+color skin+colour rasse ethni* hautfarbe* volkszugehoerig* volkszugehörig*
        migrationshintergrund*""",
    Special.SEXUALITY: """sexual* sexuality sexualit* sex+life homosexual* lgbt* gay lesbian* bisexual* sexuell* sexualleben* schwul lesbisch*""",
    Special.BIOMETRICS: """biometr* fingerprint* face+id iris+scan retina+scan voiceprint* voice+print face+scan fingerabdr*
        gesichtserkennung* gesichtsscan* irisscan* stimmabdr*""",
    Special.GENETICS: """genetic* genome* genotyp* dna dns+profil gene gentest* genetisch* erbgut* erbkrank*""",
    Special.SECRET: """password* passwd pwd passphrase* passwort* kennwort* secret secrets token tokens access+token api+key private+key cvv cvc
        credit+card+number card+number kreditkartennummer* geheimnis geheimzahl geheimcode""",
}
# columns of every person, and what is proven elsewhere: a key of this name would never be read
TAKEN = frozenset(
    {"email", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title", "external_id"}
    | {"created_at", "updated_at", "stage_since", "consent", "consents"}
)
_PARTS = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|[^\W\d_]+")


@lru_cache(maxsize=4096)
def special_of(key: str) -> Special | None:
    """Say which special category a key names, in English or German, also inside snake_case and camelCase."""
    words = [part.lower() for part in _PARTS.findall(key)]
    there = {*words, *pairwise(words), *zip(words, words[1:], words[2:], strict=False)}
    for category, told in _TOLD.items():
        if there & told.whole or any(
            word.startswith(told.beginnings) or any(stem in word for stem in told.stems) for word in words
        ):
            return category
    return None


class _Told:
    """The word list of one category, ready to look things up in."""

    def __init__(self, listed: str) -> None:
        entries = listed.split()
        self.whole: set[str | tuple[str, ...]] = {
            entry.replace("+", "") for entry in entries if not entry.endswith("*")
        }
        self.whole |= {tuple(entry.split("+")) for entry in entries if "+" in entry}
        self.beginnings = tuple(entry[:-1] for entry in entries if entry.endswith("*"))
        self.stems = tuple(stem for stem in self.beginnings if len(stem) >= LONG_STEM)


_TOLD = {category: _Told(listed) for category, listed in WORDS.items()}
