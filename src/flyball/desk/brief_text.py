"""A brief on one screen for a tired person: first what needs one, then money, then what was done and why."""

from collections.abc import Iterator
from typing import Final

from flyball.desk import shown
from flyball.desk.brief import Brief
from flyball.desk.brief_needs import needs
from flyball.desk.shown import cash, counted, span, stamp
from flyball.kernel.latches import TABLE
from flyball.kernel.units import MINUTE, NS, show
from flyball.kernel.words import CLEARED, CODES, SIDES

MOST: Final = 6  # lines of a kind; how many more there are is said


def brief_text(b: Brief) -> Iterator[str]:
    """Line by line."""
    venue = b.state.day.venue
    until = stamp(b.now.ts, venue)
    yield f"From {stamp(b.then.ts, venue)} ({b.why}) to {until}, {shown.clock_name(venue)}"
    yield ""
    wanted = needs(b)
    if wanted:
        yield f"NEEDS YOU ({len(wanted)})"
        for one in wanted:
            at = f" (since {stamp(one.since, venue)})" if one.since else ""
            yield f"  ! {one.what}{at}"
            yield f"    {one.how}"
    else:
        yield "Nothing needs you."
    yield ""
    yield from _money(b)
    yield from _decisions(b)
    yield from _latches(b)
    yield from _trouble(b)
    yield ""
    yield from _open(b)


def _money(b: Brief) -> Iterator[str]:
    currency = _currency(b)
    parts = [f"{name} {cash(change, currency, sign=True)}" for name, change in b.by_strategy()]
    of = f"  ({', '.join(parts)})" if len(parts) > 1 else ""
    yield f"P&L        {cash(b.pnl(), currency, sign=True)}, equity {cash(b.now.equity, currency)}{of}"
    flows = b.now.flows - b.then.flows
    if flows:
        yield f"flows      {cash(flows, currency, sign=True)}, not in the P&L"
    yield f"trades     {counted(b.fills, 'execution')}, {cash(b.fees(), currency)} of fees"


def _decisions(b: Brief) -> Iterator[str]:
    cut = sum(b.clipped.values())
    refused = sum(b.refused.values())
    asked = counted(b.intents, "intent")
    yield f"asked      {asked}: {b.approved:,} passed, {cut:,} cut back, {refused:,} refused"
    ranked = sorted(b.refused.items(), key=lambda one: (-one[1], one[0]))
    for code, n in ranked[:MOST]:
        yield f"  {n:>7,}  {CODES.get(code, code)} ({code})"
    if len(ranked) > MOST:
        yield f"  {sum(n for _, n in ranked[MOST:]):>7,}  for {len(ranked) - MOST} other reasons"
    if b.dropped:
        yield f"dropped    {counted(b.dropped, 'message')} of bots above their allowance, or unreadable"


def _latches(b: Brief) -> Iterator[str]:
    venue = b.state.day.venue
    for x in b.latches[-MOST:]:
        done = "cleared" if x.action == CLEARED else "set"
        what = f"{x.latch} {TABLE[x.latch].title} {done} on {x.scope} by {x.by}"
        yield f"latch      {stamp(x.ts, venue)}  {what}" + (f": {x.reason}" if x.reason else "")
    if len(b.latches) > MOST:
        yield f"latch      and {len(b.latches) - MOST} earlier changes"
    held = [f"{x.id} {x.scope} (clears: {TABLE[x.id].clears})" for _, x in sorted(b.state.latches.items())]
    yield f"standing   {'; '.join(held) or 'no latch'}"


def _trouble(b: Brief) -> Iterator[str]:
    venue = b.state.day.venue
    for r in b.restarts[-MOST:]:
        down = f", {span(r.down // NS * NS)} after its last word" if r.down >= NS else ""
        yield f"restart    {stamp(r.ts, venue)}  start number {r.epoch}{down}"
    for x in b.bots_down[-MOST:]:
        yield f"bot down   {stamp(x.ts, venue)}  {x.strategy}: {x.why}"
    for d in b.divergences[-MOST:]:
        healed = "" if not d.healed else ", settled"
        yield f"differs    {stamp(d.ts, venue)}  {d.what}: ours {d.ours}, the broker's {d.theirs}{healed}"
    for name, told in b.serious()[:MOST]:
        times = f" ({told.count}×)" if told.count > 1 else ""
        yield f"{told.severity:<10} {stamp(told.ts, venue)}  {name}{times}: {told.text}"
    for f in b.not_done[-MOST:]:
        yield f"not done   {stamp(f.ts, venue)}  {f.what} by {f.by}: {f.why}"
    for a in b.approvals[-MOST:]:
        keys = ", ".join(row[1] for row in a.values)
        yield f"limits     {stamp(a.ts, venue)}  {a.what} by {a.by}: {keys}"


def _open(b: Brief) -> Iterator[str]:
    s = b.state
    currency = _currency(b)
    held = [x for _, of_symbol in sorted(s.books.items()) for _, x in sorted(of_symbol.items()) if x.qty]
    for book in held:
        qty = show(book.qty, s.markets[book.symbol].qty_exp)
        today = cash(book.day_profit(), currency, sign=True)
        yield f"held       {qty} {book.symbol} ({book.strategy}), {cash(book.value, currency)}, today {today}"
    for o in list(s.orders.values())[:MOST]:
        m = s.markets[o.symbol]
        price = f" at {show(o.limit, m.price_exp)}" if o.limit else ""
        price = f", {o.type} {show(o.stop, m.price_exp)}" if o.stop else price
        side = SIDES.get(o.side, "?")
        left = show(o.remaining(), m.qty_exp)
        yield f"working    {side} {left} {o.symbol}{price} ({o.strategy}), {o.state}"
    if len(s.orders) > MOST:
        yield f"working    and {len(s.orders) - MOST} more"
    if not held and not s.orders:
        yield "open       nothing: flat, no order works"
    if s.day.day:
        rest = (s.day.close - s.ts) // MINUTE
        said = f"closes in {rest} min" if s.day.is_open(s.ts) else "closed"
        yield f"session    {shown.iso_day(s.day.day)}, {said}"


def _currency(b: Brief) -> str:
    return next((m.currency for m in b.state.markets.values()), "USD")
