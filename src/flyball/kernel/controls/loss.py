"""C6 max_daily_loss for account, strategy and symbol: the loss so far plus the stressed loss of the
worst-case book.

A loss limit is a trigger, not a bound; so what adds is also held to what one bad move (`stress_floor`, or 2
ATR of price when wider) would cost. The trip itself is latch L1, in `triggers`.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN, mul_div, mul_div_up
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (
    Meta("C6", "max_daily_loss", ("LOSS_ACCOUNT",), MONEY, SKIP),
    Meta("C6", "max_daily_loss.strategy", ("LOSS_STRATEGY",), MONEY, SKIP),
    Meta("C6", "max_daily_loss.symbol", ("LOSS_SYMBOL",), MONEY, SKIP),
)


def room(a: Ask, money: int, before: int) -> int:
    """The largest quantity whose addition keeps the stressed worst case of the symbol within `money`."""
    if money <= 0 or a.exposure.stress <= 0:
        return 0
    return a.room(mul_div(money, PPM, a.exposure.stress) - before)


def loss(s: State, a: Ask, v: Verdict) -> None:
    stress = max(a.exposure.stress, 0)
    mine = mul_div_up(a.worst(), stress, PPM)
    before = a.same_side()

    limit = s.limits.max_daily_loss.at(a.base)
    others = -s.day_profit() + s.totals.stressed - a.exposure.stressed()
    v.cap("LOSS_ACCOUNT", others + mine, limit, room(a, limit - others, before))

    limit = s.limits.of_strategy(a.intent.strategy).max_daily_loss.at(a.base)
    if limit == UNKNOWN:
        v.note(UNKNOWN, UNKNOWN)
    else:
        lost = strategy_loss(s, a.intent.strategy)
        others = lost + strategy_stress(s, a.intent.strategy, a.intent.symbol)
        v.cap("LOSS_STRATEGY", others + mine, limit, room(a, limit - others, before))

    limit = a.limits.max_daily_loss.at(a.base)
    if limit == UNKNOWN:
        v.note(UNKNOWN, UNKNOWN)
    else:
        others = symbol_loss(s, a.intent.symbol)
        v.cap("LOSS_SYMBOL", others + mine, limit, room(a, limit - others, before))


def strategy_loss(s: State, strategy: str) -> int:
    """Today's loss (+) of one strategy, micros."""
    return -s.profits.get(strategy, 0)


def symbol_loss(s: State, symbol: str) -> int:
    """Today's loss (+) in one symbol, all strategies, micros."""
    return -sum(b.day_profit() for b in s.books.get(symbol, {}).values())


def strategy_stress(s: State, strategy: str, without: str) -> int:
    """Stressed worst case of every other symbol the strategy is in. The account's worst case is at least the
    strategy's."""
    total = s.stressed.get(strategy, 0)
    x = s.exposures.get(without)
    return total - x.stressed() if x is not None and strategy in x.strategies else total
