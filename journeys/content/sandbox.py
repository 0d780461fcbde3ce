"""Liquid in a sandbox: plain values in, text out, every way to grow limited."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import Any

from babel import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from liquid import BoundTemplate, Environment, RenderContext
from liquid.exceptions import LiquidError
from liquid.filter import with_context
from liquid.undefined import Undefined, is_undefined

from journeys.content.rules import CONTROLS, LANGUAGES, OUTPUT_LIMIT, SOURCE_LIMIT, ContentProblem

Context = Mapping[str, Any]
FILTERS_LIMIT = 20  # in one expression
VALUE_LIMIT = 32 * 1024  # of what a filter gives, in characters or items
NUMBER_LIMIT = 256  # in bits
DEPTH_LIMIT = 8  # of values handed in
TAGS = frozenset(
    [
        "#",
        "assign",
        "break",
        "capture",
        "case",
        "comment",
        "content",
        "continue",
        "cycle",
        "decrement",
        "echo",
        "for",
        "if",
        "ifchanged",
        "illegal",
        "increment",
        "output",
        "unless",
    ]
)
NOT_FOR_AUTHORS = frozenset(
    ["safe", "escapejs", "base64_decode", "base64_encode", "base64_url_safe_decode", "base64_url_safe_encode"]
)
LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")
DATES = ("short", "medium", "long", "full")


class Sandbox(Environment):
    """The language of authors."""

    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 2_000
    local_namespace_limit = 256 * 1024
    output_stream_limit = OUTPUT_LIMIT

    def __init__(self, *, autoescape: bool, undefined: type[Undefined] = Undefined) -> None:
        super().__init__(autoescape=autoescape, undefined=undefined)
        for name in set(self.tags) - TAGS:
            del self.tags[name]
        for name in NOT_FOR_AUTHORS:
            del self.filters[name]
        self.filters.update(date=_date, money=_money, number=_number)
        for name, plain in list(self.filters.items()):
            self.filters[name] = _limited(name, plain)


@lru_cache(maxsize=256)
def compiled(source: str) -> BoundTemplate:
    """Compile a plain text. The text is its own key: a changed text is a new one. Raises ContentProblem."""
    return parse(source, PLAIN)


def parse(source: str, environment: Environment, most: int = SOURCE_LIMIT) -> BoundTemplate:
    """Read an author's text. most: bytes; a mail in its frame has more than its author wrote. Raises ContentProblem."""
    if len(source.encode("utf-8", "surrogatepass")) > most:
        raise ContentProblem(f"longer than {most // 1024} KiB")
    for found in LIQUID.finditer(source):
        if STRINGS.sub("", found[0]).count("|") > FILTERS_LIMIT:
            raise ContentProblem(f"more than {FILTERS_LIMIT} filters in one expression: {found[0][:60]}…")
    try:
        template = environment.from_string(source)
        unknown = set(template.filter_names()) - set(environment.filters)
    except (LiquidError, ValueError, RecursionError) as error:
        raise ContentProblem(_words(error)) from error
    if unknown:
        raise ContentProblem(f"unknown filter {', '.join(sorted(unknown))}")
    return template


def fill(template: BoundTemplate, context: Context) -> str:
    """Fill a text with values. Raises ContentProblem."""
    try:
        return template.render(context)
    except MemoryError:
        raise
    except Exception as error:  # whatever an author's text breaks in the library is a problem of that text alone
        raise ContentProblem(_words(error)) from error


def plain(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """Make a value that an author may see: dicts, lists, texts, numbers; what is empty or too deep is left out."""
    if isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, str):
        return CONTROLS.sub("", value.encode("utf-8", "ignore").decode())
    if isinstance(value, date | datetime):
        return value.isoformat()
    if depth and isinstance(value, Mapping):
        items = ((str(k), plain(v, depth - 1)) for k, v in value.items())
        return {k: v for k, v in items if v is not None and v != ""}
    if depth and isinstance(value, list | tuple):
        return [plain(v, depth - 1) for v in value]
    return None


def missing_values(source: str, context: Context) -> list[str]:
    """List the variables that would print nothing in this context, because no `default` catches them."""
    found: dict[str, None] = {}

    class Noted(Undefined):
        def __str__(self) -> str:
            found[(self.hint or self.name).removesuffix(" is undefined").strip("'")] = None
            return ""

    environment = Sandbox(autoescape=False, undefined=Noted)
    fill(parse(source, environment), context)
    return list(found)


def names_in(source: str) -> list[str]:
    """List every value from outside that a text names, also in parts that are not always shown."""
    return sorted(str(name) for name in parse(source, Sandbox(autoescape=False)).global_variable_paths())


def _words(error: BaseException) -> str:
    return str(error).split("\n")[0][:300]


def _limited(name: str, plain_filter: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that nothing grows beyond the limits, before and after it works."""

    @wraps(plain_filter)
    def limited(left: Any, *args: Any, **kwargs: Any) -> Any:
        for value in (left, *args):
            _check(name, value)
        if name in ("replace", "replace_first", "replace_last") and args and not any(map(is_undefined, args)):
            text, with_text = str(left), str(args[1]) if len(args) > 1 else ""
            if len(text) + (text.count(str(args[0])) if str(args[0]) else len(text) + 1) * len(with_text) > VALUE_LIMIT:
                raise ValueError(f"{name}: more than {VALUE_LIMIT} characters")
        if name == "join" and args and isinstance(left, list | tuple) and len(left) * len(str(args[0])) > VALUE_LIMIT:
            raise ValueError(f"{name}: more than {VALUE_LIMIT} characters")
        result = plain_filter(left, *args, **kwargs)
        _check(name, result)
        return result

    return limited


def _check(name: str, value: Any) -> None:
    if isinstance(value, str | list | tuple | range) and len(value) > VALUE_LIMIT:
        raise ValueError(f"{name}: more than {VALUE_LIMIT} characters or items")
    if isinstance(value, int) and value.bit_length() > NUMBER_LIMIT:
        raise ValueError(f"{name}: number too large")
    if isinstance(value, Decimal) and abs(value.adjusted()) > NUMBER_LIMIT:
        raise ValueError(f"{name}: number too large")


def _language(context: RenderContext) -> str:
    mail = context.resolve("mail", default=None)
    language = mail.get("language") if isinstance(mail, Mapping) else None
    return language if language in LANGUAGES else "en"  # no other is loaded where texts are filled


@with_context
def _date(left: Any, style: Any = "medium", *, context: RenderContext) -> str:
    """Say a day, "2026-03-02" or an instant, in the message's language: short, medium, long or full."""
    try:
        return format_date(
            date.fromisoformat(str(left)[:10]), str(style) if style in DATES else "medium", locale=_language(context)
        )
    except (ValueError, UnknownLocaleError):
        return "" if is_undefined(left) else str(left)


@with_context
def _money(left: Any, currency: Any = "EUR", *, context: RenderContext) -> str:
    """Say an amount in the message's language: 1234.5 is "1.234,50 €"."""
    amount = _decimal(left)
    return str(left) if amount is None else format_currency(amount, str(currency)[:3], locale=_language(context))


@with_context
def _number(left: Any, *, context: RenderContext) -> str:
    """Say a number in the message's language."""
    amount = _decimal(left)
    return str(left) if amount is None else format_decimal(amount, locale=_language(context))


def _decimal(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 30 else None


PLAIN = Sandbox(autoescape=False)
