"""What a price or a fill can trip: the loss of a day or week, the equity floor, the drawdown zones, and drift
past a cap. Triggers, not bounds: each reports its overshoot.

A value equal to a trigger trips it. Nothing is judged while the account cannot be valued; what adds is
refused then anyway.
"""

from flyball.kernel.controls.loss import strategy_loss, symbol_loss
from flyball.kernel.effects import Alert, Drift, Effect, Trip
from flyball.kernel.flatten import begin
from flyball.kernel.latches import ACCOUNT_SCOPE, key_of, set_latch
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN, money, mul_div
from flyball.kernel.words import INFO


def watch(s: State, out: list[Effect], symbol: str, worst_before: int) -> None:
    """Judge the account after `symbol` moved or traded. `worst_before` is the gross worst case before it
    did."""
    if not s.valued() or s.day.day == 0:
        return
    equity = s.equity()
    if equity > s.high_water:
        s.high_water = equity
        s.acknowledged = False
    _losses(s, out, symbol, worst_before)
    _drawdown(s, out, symbol, worst_before)


def _losses(s: State, out: list[Effect], symbol: str, worst: int) -> None:
    base = s.base()
    limit = s.limits.max_daily_loss.at(base)
    _loss(s, out, ACCOUNT_SCOPE, -s.day_profit(), limit, symbol, worst)
    _week(s, out, symbol, worst)
    _floor(s, out, symbol, worst)
    for strategy, own in s.limits.strategies.items():
        limit = own.max_daily_loss.at(base)
        if limit != UNKNOWN:
            _loss(s, out, f"strategy:{strategy}", strategy_loss(s, strategy), limit, symbol, worst)
    mine = s.limits.symbols.get(symbol)
    if mine is not None:
        limit = mine.max_daily_loss.at(base)
        _loss(s, out, f"symbol:{symbol}", symbol_loss(s, symbol), limit, symbol, worst)


def _loss(s: State, out: list[Effect], scope: str, lost: int, limit: int, symbol: str, worst: int) -> None:
    if limit == UNKNOWN or lost < limit or key_of("L1", scope) in s.latches:
        return
    out.append(Trip(s.ts, "daily_loss", scope, lost, limit, lost - limit, symbol, worst))
    trip(s, out, "L1", scope, f"daily loss {money(lost)} of {money(limit)}")


def _week(s: State, out: list[Effect], symbol: str, worst: int) -> None:
    limit, lost = s.limits.max_weekly_loss.at(s.base()), -s.week_profit()
    if limit == UNKNOWN or lost < limit or key_of("L2", ACCOUNT_SCOPE) in s.latches:
        return
    out.append(Trip(s.ts, "weekly_loss", ACCOUNT_SCOPE, lost, limit, lost - limit, symbol, worst))
    trip(s, out, "L2", ACCOUNT_SCOPE, f"weekly loss {money(lost)} of {money(limit)}")


def _floor(s: State, out: list[Effect], symbol: str, worst: int) -> None:
    floor, equity = s.limits.min_account_equity, s.equity()
    if floor == UNKNOWN or equity > floor or key_of("L2", ACCOUNT_SCOPE) in s.latches:
        return
    out.append(Trip(s.ts, "equity_floor", ACCOUNT_SCOPE, equity, floor, floor - equity, symbol, worst))
    trip(s, out, "L2", ACCOUNT_SCOPE, f"equity {money(equity)} is at or below the floor of {money(floor)}")


def trip(s: State, out: list[Effect], latch: str, scope: str, reason: str) -> None:
    """Set a latch of the governor's own and do at once what its row says."""
    if set_latch(s, out, latch, scope, "governor", reason):
        if latch in ("L1", "L2"):
            begin(s, latch, scope)  # which cancels everything in its scope
        else:
            cancel_adds(s, out, scope, latch)


def _drawdown(s: State, out: list[Effect], symbol: str, worst: int) -> None:
    lim = s.limits
    down = s.high_water - s.equity()
    if _in_zone(s, down, lim.drawdown_halt):
        if key_of("L2", ACCOUNT_SCOPE) not in s.latches:
            _trip_zone(s, out, "halt", "L2", down, lim.drawdown_halt, symbol, worst)
    elif (
        _in_zone(s, down, lim.drawdown_restrict)
        and not s.acknowledged
        and key_of("L2", ACCOUNT_SCOPE) not in s.latches  # already stricter: a bounce trips nothing
        and key_of("L3", ACCOUNT_SCOPE) not in s.latches
    ):
        _trip_zone(s, out, "restrict", "L3", down, lim.drawdown_restrict, symbol, worst)
    if _in_zone(s, down, lim.drawdown_caution):
        if not s.caution:
            s.caution = True
            _trip_zone(s, out, "caution", "", down, lim.drawdown_caution, symbol, worst)
    elif s.caution:
        s.caution = False
        s.acknowledged = False
        out.append(Alert(s.ts, "caution_over", INFO, "equity is above the caution zone again; full size"))


def _in_zone(s: State, down: int, zone: int) -> bool:
    return zone != UNKNOWN and s.high_water > 0 and down * PPM >= zone * s.high_water and down > 0


def _trip_zone(
    s: State, out: list[Effect], zone: str, latch: str, down: int, ppm: int, symbol: str, worst: int
) -> None:
    limit = mul_div(s.high_water, ppm, PPM)
    out.append(Trip(s.ts, zone, ACCOUNT_SCOPE, down, limit, down - limit, symbol, worst))
    if latch:
        trip(
            s, out, latch, ACCOUNT_SCOPE, f"drawdown {money(down)} of {money(limit)} from the high-water mark"
        )
    else:
        out.append(
            Alert(
                s.ts, zone, INFO, f"drawdown {zone} zone: new orders at {s.limits.caution_scale // 10_000}%"
            )
        )


def drift(s: State, out: list[Effect], symbol: str) -> None:
    """Report, once an episode, that a mark carried the book past a cap."""
    x = s.exposures.get(symbol)
    if x is None:
        return
    base = s.base()
    _drift(s, out, "C2", symbol, x.worst(), s.limits.of_symbol(symbol).max_position_notional.at(base))
    _drift(s, out, "C3.max_gross", "", s.totals.gross, s.limits.max_gross.at(base))
    _drift(s, out, "C3.max_net", "", s.totals.net(), s.limits.max_net.at(base))


def _drift(s: State, out: list[Effect], control: str, symbol: str, value: int, limit: int) -> None:
    key = f"{control} {symbol}"
    if limit == UNKNOWN or value <= limit:
        s.drifting.pop(key, None)
    elif key not in s.drifting:
        s.drifting[key] = s.ts
        out.append(Drift(s.ts, control, symbol, value, limit))
