"""Drills of the keys that size, scale and stress: what an average range, a drawdown zone or a regime of
volatility has to change."""

from collections.abc import Callable

from flyball.desk.drill_scratch import DOLLAR, Scratch
from flyball.desk.drill_try import Drill, Tried, said
from flyball.desk.shown import span
from flyball.kernel.effects import Decision, Trip
from flyball.kernel.stats import ATR_BARS, DAY_BAR
from flyball.kernel.units import PPM, UNKNOWN, mul_div
from flyball.kernel.volatility import EXTREME, HIGH, SLOW_BARS
from flyball.kernel.words import BUY


def _weighs(name: str, key: str, value: int, what: str) -> Callable[[Scratch], Tried]:
    """The evidence of control `name` is another one when `key` is `value`."""

    def run(sc: Scratch) -> Tried:
        sc.warm()
        before = sc.evidence(sc.would(BUY, 10 * sc.m.lot), name)
        setattr(sc.s.limits, key, value)
        sc.s.rebuild()
        after = sc.evidence(sc.would(BUY, 10 * sc.m.lot), name)
        return said(what, f"{name} {before} becomes {after}", before != after)

    return run


def floor(sc: Scratch) -> Tried:
    floor = sc.s.limits.stress_floor
    sc.m.atr.bars, sc.m.atr.value = ATR_BARS, 0  # warm, and nothing moves: the floor is all there is
    stress = sc.m.atr.stress(sc.m.mid(), floor)
    sc.s.refresh(sc.symbol)
    came = sc.s.exposures[sc.symbol].stress
    return said(
        "a symbol that does not move", f"stressed by {came} ppm", came == stress == min(floor, 200_000)
    )


def bar(sc: Scratch) -> Tried:
    length = sc.s.limits.atr_bar
    sc.mark(sc.m.mid())
    before = sc.m.atr.bars
    _later(sc, length)
    sc.mark(sc.m.mid())
    return said(
        f"two prices a bar of {span(length)} apart",
        f"{sc.m.atr.bars - before} bar more",
        sc.m.atr.bars == before + 1,
    )


def _later(sc: Scratch, length: int) -> None:
    """The next bar."""
    if length >= DAY_BAR:
        sc.wait(DAY_BAR)
        sc.next_session()
    else:
        sc.wait(length)


def zone(sc: Scratch, ppm: int) -> int:
    return mul_div(sc.s.high_water, ppm, PPM) + 1


def caution(sc: Scratch) -> Tried:
    trips = [x for x in sc.lose(zone(sc, sc.s.limits.drawdown_caution)) if isinstance(x, Trip)]
    came = next((x for x in trips if x.trigger == "caution"), None)
    return said(
        "the price takes the account there",
        "trip caution" if came else "no trip",
        came is not None and sc.s.caution,
    )


def caution_scale(sc: Scratch) -> Tried:
    before = sc.would(BUY, sc.m.lot).scale
    sc.lose(zone(sc, sc.s.limits.drawdown_caution))
    came = sc.would(BUY, sc.m.lot).scale
    wanted = mul_div(before, sc.s.limits.caution_scale, PPM)
    return said("an order in the caution zone", f"scale {came // 10_000}%", came == wanted)


def unvalued(sc: Scratch) -> Decision:
    sc.instrument("DARK")
    sc.hold(1, symbol="DARK", price=DOLLAR)
    return sc.would(BUY, sc.m.lot)


def _regime(sc: Scratch, level: int) -> bool:
    """Calm bars, then wilder ones, until the symbol is in this regime."""
    lim = sc.s.limits
    sc.m.volatility = type(sc.m.volatility)()
    price = sc.m.mid() * 1_000
    for n in range(SLOW_BARS + 2):
        sc.m.volatility.take(price * (1_000 + n % 2) // 1_000, lim)
    move = 2
    for n in range(40):
        sc.m.volatility.take(price * (1_000 + (move if n % 2 else 0)) // 1_000, lim)
        if sc.m.volatility.level >= level:
            return True
        move = move + 1 + move // 8
    return False


def scaled(level: int, key: str) -> Callable[[Scratch], Tried]:
    def run(sc: Scratch) -> Tried:
        before = sc.would(BUY, sc.m.lot).scale
        sc.m.volatility = type(sc.m.volatility)()
        calm = sc.would(BUY, sc.m.lot).scale
        there = _regime(sc, level)
        wanted = mul_div(calm, getattr(sc.s.limits, key), PPM)
        came = sc.would(BUY, sc.m.lot).scale
        what = f"{SLOW_BARS} calm bars, then wild ones (now at {before // 10_000}%)"
        return said(what, f"scale {came // 10_000}%", there and came == wanted)

    return run


def either(sc: Scratch) -> Tried:
    """The regime there is a threshold for."""
    if sc.s.limits.regime_high != UNKNOWN:
        return scaled(HIGH, "regime_high_scale")(sc)
    return scaled(EXTREME, "regime_extreme_scale")(sc)


def leaves(sc: Scratch) -> Tried:
    lim = sc.s.limits
    if not _regime(sc, 1):
        return said("wild bars", "no high regime", False)
    v = sc.m.volatility
    began, price = v.level, v.close
    bars = 0
    while v.level == began and bars < 1_000:
        bars += 1
        v.take(price, lim)
    ok = v.level == began - 1 and bars >= lim.regime_dwell
    return said("calm bars after wild ones", f"it ends after {bars} bars, at least {lim.regime_dwell}", ok)


def stop(sc: Scratch) -> Tried:
    wide = sc.s.limits.atr_stop * 2
    return _weighs("C10.risk_per_trade", "atr_stop", wide, "a stop twice as far away")(sc)


def fee(name: str, key: str) -> Drill:
    return Drill("another cost", _weighs(name, key, 0, "the same order without that fee"))
