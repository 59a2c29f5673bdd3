"""How each latch of the table is tripped on a scratch copy, by every trigger it has. A latch without a drill
fails a test.

A drill is in order when the latch stands with the scope, state and handling of positions that its row says,
and an order that adds in its scope is then refused with a latch's code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.desk.drill_scratch import Scratch
from flyball.desk.drill_sensors import SENSED
from flyball.desk.drill_try import Drill, Tried
from flyball.kernel.days import SETTLES
from flyball.kernel.effects import Order
from flyball.kernel.events import Account, BotDown, Fill, Mark, Report, Update
from flyball.kernel.latches import ACCOUNT_SCOPE, TABLE, key_of
from flyball.kernel.limits import Cap, Limits
from flyball.kernel.owed import BOUND
from flyball.kernel.units import NS, PPM, UNKNOWN, mul_div
from flyball.kernel.words import BUY, FILLED, FLATTEN, SELL


@dataclass
class Trigger:
    """One thing that sets a latch. `needs` says why it cannot be tried under the present limits, "" when it
    can."""

    latch: str
    what: str
    run: Callable[[Scratch], str]  # the scope it has to be set on
    needs: Callable[[Limits], str] = lambda _: ""
    positions: str = ""  # where the row leaves it to the command


def tripped(t: Trigger, sc: Scratch) -> Tried:
    """Try one, and look at what holds afterwards."""
    scope = t.run(sc)
    row = TABLE[t.latch]
    held = sc.s.latches.get(key_of(t.latch, scope))
    if held is None:
        came = ", ".join(sorted(sc.s.latches)) or "no latch"
        return Tried(t.what, came, False)
    as_said = (held.state, held.positions) == (row.state, t.positions or row.positions)
    sc.s.latches = {key_of(t.latch, scope): held}  # others may have been set on the way: this one has to do
    sc.aim(scope)
    side = SELL if sc.s.position(sc.symbol) < 0 else BUY  # what adds to what the drill left behind
    d = sc.would(side, sc.m.lot)
    came = f"{held.state}, {held.positions} on {scope}; then {' '.join(d.codes) or 'nothing'}"
    if row.scaled:
        came += f", scale {d.scale} ppm"
        return Tried(t.what, came, as_said and d.scale <= sc.s.limits.event_scale)
    return Tried(t.what, came, as_said and f"LATCH_{t.latch}" in d.codes)


def by_latch(latch: str) -> Drill:
    """The first drill of a latch, for the key that sets it."""
    trigger = next(t for t in TRIGGERS if t.latch == latch)
    return Drill(f"LATCH_{latch}", lambda sc: tripped(trigger, sc))


# -- losses


def _account_loss(sc: Scratch) -> str:
    sc.lose(max(1, sc.s.limits.max_daily_loss.at(sc.s.base())))
    return ACCOUNT_SCOPE


def _strategy_loss(sc: Scratch) -> str:
    name = next(x for x, own in sc.s.limits.strategies.items() if own.max_daily_loss.at(1) != UNKNOWN)
    sc.aim(f"strategy:{name}")
    sc.lose(max(1, sc.s.limits.strategies[name].max_daily_loss.at(sc.s.base())))
    return f"strategy:{name}"


def _symbol_loss(sc: Scratch) -> str:
    name = next(x for x, own in sc.s.limits.symbols.items() if own.max_daily_loss.at(1) != UNKNOWN)
    sc.aim(f"symbol:{name}")
    sc.lose(max(1, sc.s.limits.symbols[name].max_daily_loss.at(sc.s.base())))
    return f"symbol:{name}"


def _zone(key: str) -> Callable[[Scratch], str]:
    def run(sc: Scratch) -> str:
        # a fall of many days: what one week or the floor allows has drills of its own
        sc.s.limits.max_weekly_loss, sc.s.limits.min_account_equity = Cap(), UNKNOWN
        sc.lose(mul_div(sc.s.high_water, getattr(sc.s.limits, key), PPM) + 1)
        return ACCOUNT_SCOPE

    return run


def _week_loss(sc: Scratch) -> str:
    sc.lose(max(1, sc.s.limits.max_weekly_loss.at(sc.s.base())))
    return ACCOUNT_SCOPE


def _equity_floor(sc: Scratch) -> str:
    sc.lose(max(1, sc.s.equity() - sc.s.limits.min_account_equity))
    return ACCOUNT_SCOPE


def _no_week_loss(limits: Limits) -> str:
    return "" if limits.max_weekly_loss.at(1) != UNKNOWN else "max_weekly_loss is not set"


def _unless(key: str) -> Callable[[Limits], str]:
    return lambda limits: "" if getattr(limits, key) != UNKNOWN else f"{key} is not set"


def _no_account_loss(limits: Limits) -> str:
    return "" if limits.max_daily_loss.at(1) != UNKNOWN else "max_daily_loss is not set"


def _no_strategy_loss(limits: Limits) -> str:
    own = any(x.max_daily_loss.at(1) != UNKNOWN for x in limits.strategies.values())
    return "" if own else "no strategy has a max_daily_loss of its own"


def _no_symbol_loss(limits: Limits) -> str:
    own = any(x.max_daily_loss.at(1) != UNKNOWN for x in limits.symbols.values())
    return "" if own else "no symbol has a max_daily_loss of its own"


# -- people


def _command(what: str, scope: str = ACCOUNT_SCOPE, **args: str) -> Callable[[Scratch], str]:
    def run(sc: Scratch) -> str:
        sc.hold(sc.m.lot)
        sc.say(what, scope=scope, **args)
        return scope

    return run


# -- what breaks


def _bot_down(sc: Scratch) -> str:
    sc.feed(BotDown(sc.now, sc.strategy, "drill", 0))
    return f"strategy:{sc.strategy}"


def _figures(sc: Scratch, *, cash: int = 0, open_ids: tuple[str, ...] = ()) -> None:
    s = sc.s
    held = tuple((symbol, q) for symbol in sorted(s.exposures) if (q := s.position(symbol)) != 0)
    sc.feed(Account(sc.now, 0, s.cash + cash, s.equity(), s.day.baseline, held, open_ids))


def _lost_order(sc: Scratch) -> str:
    _figures(sc, open_ids=(f"fb{sc.s.account}-1-999999999-{sc.strategy}-1",))
    return ACCOUNT_SCOPE


def _not_flat(sc: Scratch) -> str:
    sc.hold(sc.m.lot)
    sc.until(sc.s.day.close + SETTLES + NS)  # what went into the closing auction is told behind the close
    return ACCOUNT_SCOPE


def _control_fails(sc: Scratch) -> str:
    lot, sc.m.lot = sc.m.lot, 0  # nothing can be divided by it
    sc.intent(BUY, lot)
    sc.m.lot = lot
    return ACCOUNT_SCOPE


def _differs(sc: Scratch) -> str:
    for _ in range(2):
        _figures(sc, cash=-1)
        sc.wait(5 * NS)
    return ACCOUNT_SCOPE


def _nonsense(sc: Scratch) -> str:
    sc.feed(Fill(sc.now, "drill", "drill", sc.symbol, BUY, 0, 0, 0, 0))
    return ACCOUNT_SCOPE


def _order(sc: Scratch) -> Order:
    """An exit that works: no cap is in its way."""
    sc.hold(sc.m.lot)
    client_id = sc.order(SELL, sc.m.lot)
    found = sc.s.orders[client_id]
    return Order(
        sc.now,
        client_id,
        "",
        "",
        found.strategy,
        found.symbol,
        SELL,
        found.qty,
        "",
        0,
        "",
        False,
        1,
        1,
        False,
    )


def _never_told(sc: Scratch) -> str:
    o = _order(sc)
    sc.feed(Update(sc.now, o.client_id, FILLED, "D", o.qty, "", 0))
    sc.until(sc.now + 4 * BOUND)
    return ACCOUNT_SCOPE


def _open_after_all(sc: Scratch) -> str:
    o = _order(sc)
    sc.feed(Update(sc.now, o.client_id, "CANCELED", "D", 0, "", 0))
    for _ in range(3):
        sc.wait(5 * NS)
        _figures(sc, open_ids=(o.client_id,))
    return ACCOUNT_SCOPE


def _journal(sc: Scratch) -> str:
    sc.feed(Report(sc.now, "journal", "failed", "drill", "drill"))
    return ACCOUNT_SCOPE


def _broken(sc: Scratch) -> str:
    exposures, sc.s.exposures = sc.s.exposures, None  # type: ignore[assignment]  # broken on purpose
    price = sc.m.mid()
    sc.feed(Mark(sc.now, sc.symbol, 0, 0, price, price, price, "drill", 0))
    sc.s.exposures = exposures
    return ACCOUNT_SCOPE


TRIGGERS: Final[tuple[Trigger, ...]] = (
    Trigger("L1", "the account loses max_daily_loss", _account_loss, _no_account_loss),
    Trigger("L1", "a strategy loses its own max_daily_loss", _strategy_loss, _no_strategy_loss),
    Trigger("L1", "a symbol loses its own max_daily_loss", _symbol_loss, _no_symbol_loss),
    Trigger("L2", "the halt zone", _zone("drawdown_halt"), _unless("drawdown_halt")),
    Trigger("L3", "the restrict zone", _zone("drawdown_restrict"), _unless("drawdown_restrict")),
    Trigger("L4", "panic", _command("panic", cancel_only="no"), positions=FLATTEN),
    Trigger("L4", "panic, cancel only", _command("panic", cancel_only="yes"), positions="cancel_only"),
    Trigger("L5", "freeze", _command("freeze")),
    Trigger("L5", "a bot is down", _bot_down),
    Trigger("L5", "the broker works an order of ours nobody knows", _lost_order),
    Trigger(
        "L5",
        "not flat at the close",
        _not_flat,
        lambda limits: "" if limits.flat_by == "close" else "nothing has to be flat by the close",
    ),
    Trigger("L5", "a control fails", _control_fails),
    Trigger("L7", "the broker's cash differs twice", _differs),
    Trigger("L7", "an execution that makes no sense", _nonsense),
    Trigger("L7", "an order filled, and its executions never come", _never_told),
    Trigger("L7", "an order held as over is open at the broker", _open_after_all),
    Trigger("L9a", "the journal cannot be written", _journal),
    Trigger("L9b", "an invariant breaks", _broken),
    Trigger("L14", "pause", _command("pause")),
    Trigger("L14", "flatten", _command("flatten")),
    Trigger("L2", "the week's loss", _week_loss, _no_week_loss),
    Trigger("L2", "the equity floor", _equity_floor, _unless("min_account_equity")),
    *(Trigger(one.latch, one.what, one.run, one.needs) for one in SENSED),
)
