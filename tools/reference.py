"""Write docs/reference/codes.md, controls.md and latches.md from what the kernel says of itself.

python -m tools.reference            write the pages
python -m tools.reference --check    only compare: exit 1 and name the pages that are not up to date
"""

import importlib
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from flyball.config.keys import LATCH_KEYS, MEANINGS
from flyball.kernel import controls
from flyball.kernel.latches import DWELL, TABLE
from flyball.kernel.limits import KEYS, Key
from flyball.kernel.units import NS
from flyball.kernel.verdict import Meta
from flyball.kernel.watching import WATCHED
from flyball.kernel.words import CODES

FOLDER: Final = Path(__file__).parent.parent / "docs/reference"
WIDTH: Final = 118

LADDER_KEYS = ("on_close",)  # read by the ladder alone
# Codes that no control says.
OTHERS: Final[dict[str, str]] = {
    "FORMAT_FIELD": "the door; an intent without a side",
    "FORMAT_RANGE": "the door",
    "RULE_UNKNOWN_SYMBOL": "before every control",
    "REDUCE_IN_DOUBT": "what may reduce (P3)",
    "REDUCE_HELD": "what may reduce (P3)",
    "REDUCE_THROUGH_ZERO": "what may reduce (P3)",
    "CONTROL_FAILED": "any control that fails (C32)",
}
NOTES: Final = {
    "max_overnight_exposure": '; kept by `flat_by = "close"`, not enforced by itself in this version',
}
UNITS: Final = {
    "ns": "ns",
    "ppm": "ppm",
    "money": "money",
    "qty": "quantity",
    "count": "count",
    "price": "price",
}
ON_REDUCE: Final = {"skip": "skipped", "market fact": "holds", "own rule": "own rule"}


def codes() -> str:
    """Every code a refusal can carry, what it says, and who says it."""
    return _page(
        "Codes",
        """A refusal or a clip names its codes, the first refusing control's first. The list is closed: a
        code is only ever added, and keeps its meaning. A size that was cut carries the codes of the
        caps that cut it; an approval carries none. `flyball why` shows the value and the limit behind
        each.""",
        _table(
            ("code", "it says", "said by"),
            ((f"`{code}`", meaning, ", ".join(_speakers(code))) for code, meaning in CODES.items()),
        ),
        """`LATCH_` and the latch's id: a latch in scope forbids it, see [latches](latches.md).
        `INTENT_EXPIRED`, `MARKET_FLAT_BY` and the latches' codes also stop an order at the last gate,
        at the socket; the journal then holds it as not sent.""",
    )


def _speakers(code: str) -> Iterator[str]:
    if code.startswith("LATCH_"):
        yield f"[{code.removeprefix('LATCH_')}](latches.md)"
    if code in OTHERS:
        yield OTHERS[code]
    for meta in controls.METAS:
        if code in meta.codes:
            yield f"[{_name(meta)}](controls.md#{_anchor(_module_of(meta))})"


def page_of_controls() -> str:
    """Every control: what it is for, the keys it reads, the evidence it leaves."""
    parts = [
        """Every intent that can be projected meets every control, in this order, and each leaves evidence:
        a value and a limit for each of its keys. So a decision shows how near it was to everything, not
        only what stopped it. A value equal to a cap passes. Missing data refuses what adds. Percentages
        are of the equity at the risk day's start, or of the present equity when that is lower.""",
        """What *reduces* a position is never held by a cap: most controls are skipped for it. *Holds*
        means a fact of the market, which an exit cannot pass either; *own rule* is said in the text.
        Where a cap leaves a smaller size, `on_excess` (C35, for the account or one strategy) says
        whether the intent is clipped to it or refused with the size that would have passed.""",
        """A limit that is not set is shown as -1, a check that no feed can serve as -2. `*` marks keys
        that may also be set for one symbol, `+` for one strategy. How to write them:
        [configuration](config.md).""",
    ]
    for module in modules():
        parts += _control(module)
    parts += [
        "## Keys of the latches and the ladder",
        "These stand in `[latches]` (`on_close` in `[session]`); what they trip or end is in the table of "
        "[latches](latches.md).",
        _table(
            ("key", "of", "limits"),
            (
                (f"`{key.name}`", key.control, MEANINGS[key.name].says)
                for key in KEYS
                if key.name in LATCH_KEYS or key.name in LADDER_KEYS
            ),
        ),
    ]
    return _page("Controls", *parts)


def modules() -> list[ModuleType]:
    """The controls' modules in the order they are asked."""
    names = [m.name for m in pkgutil.iter_modules(controls.__path__)]
    found = [importlib.import_module(f"{controls.__name__}.{name}") for name in names]
    return sorted(found, key=lambda module: controls.METAS.index(module.METAS[0]))


def _module_of(meta: Meta) -> ModuleType:
    return next(module for module in modules() if meta in module.METAS)


def _told(module: ModuleType) -> list[str]:
    """The title, the promise and the paragraphs of a control's docstring."""
    first, *others = (module.__doc__ or "").strip().split("\n\n")
    title, promise = re.split(r"[:.]\s", " ".join(first.split()), maxsplit=1)
    return [title[0].upper() + title[1:], promise[0].upper() + promise[1:], *others]


def _anchor(module: ModuleType) -> str:
    """The heading's anchor, as the documentation's builder makes it."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", _told(module)[0]).strip().lower())


def _control(module: ModuleType) -> Iterator[str]:
    title, *paragraphs = _told(module)
    yield f"## {title}"
    yield from paragraphs
    metas: tuple[Meta, ...] = module.METAS
    keys = [key for key in KEYS if _belongs(key, metas)]
    if keys:
        yield _table(
            ("key", "limits"),
            (
                (f"`{key.name}`{_scopes(key)}", MEANINGS[key.name].says + NOTES.get(key.name, ""))
                for key in keys
            ),
        )
    yield _table(
        ("evidence", "unit", "codes", "exits"),
        (
            (
                f"`{_name(meta)}`",
                UNITS[meta.unit],
                ", ".join(f"`{code}`" for code in meta.codes) or "-",
                ON_REDUCE[meta.on_reduce],
            )
            for meta in metas
        ),
    )


def _belongs(key: Key, metas: tuple[Meta, ...]) -> bool:
    return any(key.control == meta.control or key.name == meta.key for meta in metas)


def _scopes(key: Key) -> str:
    return "".join(mark for scope, mark in (("symbol", " *"), ("strategy", " +")) if scope in key.scopes)


def _name(meta: Meta) -> str:
    return f"{meta.control}.{meta.key}"


def latches() -> str:
    """The table of latches, as the kernel has it."""
    return _page(
        "Latches",
        """A latch is one reason why trading is restricted now. It has a scope (`account`, `strategy:NAME`
        or `symbol:NAME`), a trading state, and says what happens to positions. Several may hold; every
        one in scope counts. Setting one acts in the same step: what works and could add is cancelled,
        and counts as live until the broker's evidence. A restart clears none.""",
        _table(
            ("latch", "", "trips on", "scope", "state", "positions", "clears", "alert"),
            (
                (
                    row.id,
                    row.title,
                    row.trips,
                    ", ".join(row.scopes),
                    f"`{row.state}`" + (", scaled" if row.scaled else ""),
                    f"`{row.positions}`" + (f" or `{row.choice}`" if row.choice else ""),
                    row.clears,
                    row.severity,
                )
                for row in TABLE.values()
            ),
        ),
        f"""A latch holds for at least {DWELL // NS} seconds. Where an operator clears it, it is a named one
        with the operator secret, and the journal keeps the reason; an account-wide halt needs a second
        person where `clear_approvers` says so. Where evidence clears it, time alone does not, and no
        operator does either. Several causes may hold one latch: it is over when each had its own positive
        check. L6 is the only one that both may clear. One episode is one alert: what trips again while the
        latch holds is in the journal and pages nobody.""",
        "## What sensors say",
        """A sensor reports; it never acts. `ok` is the positive check of its own word, any other value trips,
        and a word that is not listed is only told.""",
        _table(
            ("report", "sets", "scope", "says"),
            ((f"`{w.what}`", w.latch or "-", ", ".join(w.scopes), w.means) for w in WATCHED.values()),
        ),
        "## Words",
        _table(
            ("word", "means"),
            (
                ("`ACTIVE`", "nothing is forbidden; *scaled*: what adds is smaller"),
                ("`REDUCING`", "only what reduces may leave"),
                ("`HALTED`", "the same, and the row says whether exits are the bot's or the governor's"),
                ("`exits`", "verified reductions of the bot are allowed"),
                (
                    "`flatten`",
                    "the governor flattens; the bot's own exits are refused, so that nothing is sold twice",
                ),
                ("`cancel_only`", "a panic that was asked to cancel only: exits are the bot's"),
                ("`page`", "nothing automatic trades; a person is called"),
            ),
        ),
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "codes.md": codes,
    "controls.md": page_of_controls,
    "latches.md": latches,
}


def _page(title: str, *parts: str) -> str:
    shown = [part if part.startswith(("|", "#")) else _wrapped(part) for part in parts]
    return "\n\n".join((f"# {title}", *shown)) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def stale() -> list[str]:
    """The pages that do not say what the kernel says."""
    return [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != page()
    ]


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    old = stale()
    if "--check" not in arguments:
        for name in old:
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
            print(f"wrote docs/reference/{name}")
        return 0
    for name in old:
        print(f"docs/reference/{name} is not up to date: python -m tools.reference")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
