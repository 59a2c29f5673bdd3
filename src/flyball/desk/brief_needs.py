"""What needs a person, gravest first, each with the command that settles it."""

from dataclasses import dataclass

from flyball.desk.brief import Brief
from flyball.kernel.incidents import COUNTED
from flyball.kernel.latches import TABLE
from flyball.kernel.state import Latch, State
from flyball.kernel.units import show
from flyball.kernel.words import HALTED, IN_DOUBT, PAGE


@dataclass(frozen=True)
class Need:
    """One thing only a person can settle. `how` is what to do; `since` UTC ns, 0 = not known."""

    rank: int  # 0 = at once
    what: str
    how: str
    since: int = 0


def needs(b: Brief) -> list[Need]:
    """All of it. What the governor settles by itself is not here."""
    s = b.state
    found = [*_unflat(b), *_latches(s), *_doubts(s), *_differences(b), *_account(s), *_proposals(s)]
    return sorted(found, key=lambda need: (need.rank, need.since))


def _unflat(b: Brief) -> list[Need]:
    """Flattenings that did not end flat, as long as something of it is still there."""
    out = []
    s = b.state
    for f in s.flattenings.values():
        if f.paged and not f.done:
            what = f"{f.why}: {f.scope} is not flat after {f.attempts} attempts; still trying"
            out.append(Need(0, what, "look at the market; `flyball status` shows what is left", f.started))
    for flat in b.flats:
        left = [(x, y) for x, y, _ in flat.residue if s.book_qty(x, y) != 0]
        if not flat.confirmed and left:
            names = ", ".join(f"{symbol} of {strategy}" for strategy, symbol in left)
            out.append(
                Need(0, f"{flat.why}: not flat, {names} is left", "`flyball flatten`, or by hand", flat.ts)
            )
    return out


def _latches(s: State) -> list[Need]:
    return [
        _latch(s, x) for _, x in sorted(s.latches.items()) if TABLE[x.id].operator and x.causes != (COUNTED,)
    ]


def _latch(s: State, x: Latch) -> Need:
    row = TABLE[x.id]
    why = f": {x.reason}" if x.reason else ""
    what = f"{x.id} {row.title} on {x.scope}: {x.state}, by {x.by}{why}"
    scope = "" if x.scope == "account" else f" --scope {x.scope}"
    if x.positions == PAGE:
        how = row.clears
    elif x.id == "L14":
        how = f"`flyball resume{scope}`"
    elif x.id in ("L1", "L3") and s.day.day <= x.day:
        how = f"from the next session on `flyball clear {x.id}{scope} --reason ...`"
    else:
        how = f"`flyball clear {x.id}{scope} --reason ...`"
    return Need(0 if x.positions == PAGE else 1 if x.state == HALTED else 2, what, how, x.since)


def _doubts(s: State) -> list[Need]:
    out = []
    for o in s.orders.values():
        if o.state != IN_DOUBT and not (o.final() and o.live()):
            continue
        exp = s.markets[o.symbol].qty_exp
        left = f"{show(o.remaining(), exp)} {o.symbol}"
        what = f"order {o.client_id} is in doubt: {left} may still be executed, the broker is being asked"
        if o.state != IN_DOUBT:
            what = f"order {o.client_id}: the broker states {left} more than it has told executions of"
        out.append(
            Need(2, what, f"if it lasts: look it up there, then `flyball resolve {o.client_id}`", o.sent_at)
        )
    return out


def _differences(b: Brief) -> list[Need]:
    open_now = b.state.latches.get("L7 account") is not None
    last = {d.what: d for d in b.divergences if not d.healed}
    if not open_now:
        return []
    return [
        Need(
            1,
            f"{d.what}: ours {d.ours}, the broker's {d.theirs}",
            "compare with the broker's own pages",
            d.ts,
        )
        for d in last.values()
    ]


def _account(s: State) -> list[Need]:
    out = []
    if s.adoption:
        what = "positions were found at the first start; nothing adds until somebody says so"
        out.append(Need(1, what, "look at them, then `flyball resume`"))
    how = "sell it there, or add it to the feed"
    out += [Need(2, f"{x} is held and is no instrument here", how) for x in sorted(s.foreign)]
    return out


def _proposals(s: State) -> list[Need]:
    out = []
    numbers = sorted({one.number for one in s.terms.pending.values()})
    for number in numbers:
        keys = sorted(one.rule.key for one in s.terms.pending.values() if one.number == number)
        since = min(one.since for one in s.terms.pending.values() if one.number == number)
        what = f"proposal {number} would loosen {', '.join(keys)}"
        out.append(Need(3, what, f"`flyball approve {number}` or `flyball reject {number}`", since))
    return out
