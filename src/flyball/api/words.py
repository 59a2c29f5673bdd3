"""The closed list of what may be said to a governor: commands change something, views only tell.

A command that tightens needs the socket alone, so that whoever can reach it can always stop trading. One that
loosens needs the operator secret as well, and a name; clearing a latch also a reason. One that loosens limits
needs the secret of the approver who is named.
"""

import re
from dataclasses import dataclass
from typing import Final

from flyball.kernel.bounds import MAX_CLIENT_ID, MAX_ID
from flyball.kernel.words import APPROVER, SECRET, SOCKET

# A scope: all of the account, or one strategy or symbol.
SCOPE: Final = re.compile(r"account|(strategy|symbol):[A-Za-z0-9_][A-Za-z0-9_./:-]{0,31}")
LATCH: Final = re.compile(r"L[0-9]{1,2}[a-z]?")
NUMBER: Final = re.compile(r"[0-9]{1,19}")
# An approver's name is also the name of a file.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
OUTCOME: Final = re.compile(r"never|[0-9]{1,16}(\.[0-9]{1,9})?@[0-9]{1,16}(\.[0-9]{1,9})?")
AMOUNT: Final = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?")
YES_NO: Final = re.compile(r"yes|no")
ORDER: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_CLIENT_ID}}}")
PAGES: Final = re.compile(r"all|[0-9]{1,19}|own-[0-9]{1,9}")
DELIVERIES: Final = re.compile(r"\[.*\]")
INTENT: Final = re.compile(rf"[^\x00-\x1f\x7f]{{1,{MAX_ID}}}")  # a bot names its intents as it likes


@dataclass(frozen=True)
class Arg:
    """An argument: what it must look like, its default ("" = it has to be given) and what it is."""

    form: re.Pattern[str]
    default: str
    says: str


@dataclass(frozen=True)
class Word:
    """One thing that may be said. `authority` is SOCKET, SECRET or APPROVER for a command, "" for a
    view."""

    what: str
    authority: str
    args: dict[str, Arg]
    says: str
    reasoned: bool = False  # it is not taken without a reason


_SCOPE: Final = Arg(SCOPE, "account", 'what it holds for: "account", "strategy:NAME" or "symbol:NAME"')

WORDS: Final[dict[str, Word]] = {
    word.what: word
    for word in (
        Word("pause", SOCKET, {"scope": _SCOPE}, "only reductions; working entries are cancelled (L14)"),
        Word("freeze", SOCKET, {"scope": _SCOPE}, "only reductions, until an operator clears it (L5)"),
        Word("flatten", SOCKET, {"scope": _SCOPE}, "pause, and bring the scope to zero (L14)"),
        Word(
            "panic",
            SOCKET,
            {"cancel_only": Arg(YES_NO, "no", "yes or no; yes: cancel, and leave the positions")},
            "halt, cancel everything, and bring the account to zero (L4)",
        ),
        Word(
            "cancel",
            SOCKET,
            {"order": Arg(ORDER, "", "the client order id")},
            "cancel one order of the governor",
        ),
        Word("resume", SECRET, {"scope": _SCOPE}, "end a pause; accept positions adopted at the first start"),
        Word(
            "clear",
            SECRET,
            {
                "latch": Arg(LATCH, "", "the latch, like L1"),
                "scope": _SCOPE,
                "rebase": Arg(
                    YES_NO, "no", "yes or no; yes: move the high-water mark to the present equity (L2)"
                ),
            },
            "clear a latch; an account-wide halt waits for `confirm` where clear_approvers = 2",
            reasoned=True,
        ),
        Word(
            "confirm",
            APPROVER,
            {"latch": Arg(LATCH, "", "the latch, like L4"), "scope": _SCOPE},
            "another person's word for a clear that was asked for within the last 10 minutes",
        ),
        Word(
            "review",
            SECRET,
            {"scope": Arg(SCOPE, "", 'whose: "strategy:NAME"')},
            "a person has looked at what a strategy did: its counts for L13 begin again",
            reasoned=True,
        ),
        Word(
            "resolve",
            SECRET,
            {
                "order": Arg(ORDER, "", "the client order id"),
                "outcome": Arg(OUTCOME, "", "never, or what was executed as QTY@PRICE, like 10@101.25"),
                "fee": Arg(AMOUNT, "0", "what the broker charged, like 0.35"),
            },
            "say what became of an order that nobody else explains; the reason is the evidence",
            reasoned=True,
        ),
        Word(
            "approve",
            APPROVER,
            {
                "proposal": Arg(NUMBER, "", "the number of a proposal, as `flyball config diff` shows it"),
                "expires": Arg(NUMBER, "", "when it ends, UTC nanoseconds"),
            },
            "let looser limits hold until they expire",
            reasoned=True,
        ),
        Word(
            "reject",
            SOCKET,
            {"proposal": Arg(NUMBER, "", "the number of a proposal")},
            "end a proposal of looser limits, or what was approved of it",
        ),
        Word(
            "acknowledge",
            SOCKET,
            {"page": Arg(PAGES, "", "the page as `flyball alerts` shows it, or all")},
            "somebody looks after a page: it repeats and escalates no more",
        ),
        Word(
            "delivered",
            SOCKET,
            {"records": Arg(DELIVERIES, "", "the pager's records, a JSON list")},
            "what became of alerts on their way to a person; said by the pager alone",
        ),
        Word("config", "", {}, "every key in force with its origin; what is pending, what expires when"),
        Word("status", "", {}, "trading state, latches, positions and orders, the day's figures"),
        Word("limits", "", {}, "every limit with its origin, value and headroom, and which binds first"),
        Word("sensors", "", {}, "every sensor: ok, bad or unknown, its value and limit, since when"),
        Word("controls", "", {}, "every brake: armed, off, warming or unreachable, and by whom"),
        Word("why", "", {"order": Arg(INTENT, "", "an intent or client order id")}, "one decision explained"),
    )
}

COMMANDS: Final = tuple(word.what for word in WORDS.values() if word.authority)
VIEWS: Final = tuple(word.what for word in WORDS.values() if not word.authority)
