"""Limits small enough to be reached in a few trades: every configuration key with values worth drawing."""

from typing import Any

from tests.kernel.flight import DAY, DOLLAR, NS, ppm, share, text, usd

CHOICES: dict[str, tuple[Any, ...]] = {
    "max_order_notional": (
        usd(1_000),
        usd(600),
        share(7.5),
    ),
    "max_order_qty": (3,),
    "max_order_notional__symbol__AAA": (usd(450),),
    "max_position_notional": (
        usd(1_500),
        usd(2_000),
        share(10),
    ),
    "max_gross": (
        usd(2_500),
        share(30),
    ),
    "max_net": (
        usd(1_200),
        share(20),
    ),
    "max_leverage": (ppm(250_000),),
    "max_at_risk": (share(40),),
    "max_positions": (
        1,
        2,
    ),
    "max_daily_turnover": (
        usd(4_000),
        share(100),
    ),
    "max_daily_cost": (
        usd(2),
        share(0.01),
    ),
    "fee_per_unit": (("micros", 3_500, ""),),
    "fee_rate": (ppm(500),),
    "max_daily_loss": (
        usd(150),
        usd(400),
        share(3),
    ),
    "max_daily_loss__strategy__s": (usd(120),),
    "max_daily_loss__symbol__AAA": (usd(90),),
    "stress_floor": (
        ppm(5_000),
        ppm(50_000),
    ),
    "atr_bar": (
        ("ns", NS, ""),
        ("ns", DAY, ""),
    ),
    "drawdown_caution": (ppm(5_000),),
    "drawdown_restrict": (ppm(10_000),),
    "drawdown_halt": (ppm(20_000),),
    "risk_per_trade": (
        ppm(2_000),
        ppm(500),
    ),
    "atr_stop": (ppm(3_500_000),),
    "regime_high": (
        ppm(1_200_000),
        ppm(1_000_000),
    ),
    "regime_extreme": (ppm(1_600_000),),
    "regime_exit": (ppm(900_000),),
    "regime_dwell": (
        0,
        3,
    ),
    "regime_high_scale": (ppm(700_000),),
    "regime_extreme_scale": (ppm(100_000),),
    "price_tolerance": (ppm(30_000),),
    "max_slippage": (ppm(5_000),),
    "max_quote_age": (("ns", 30 * NS, ""),),
    "max_spread": (ppm(10_000),),
    "max_tick_move": (ppm(50_000),),
    "order_rate": (2,),
    "min_spacing": (("ns", NS // 100, ""),),
    "message_rate": (4,),
    "reject_rate": (2,),
    "max_orders_per_day": (6,),
    "duplicate_window": (("ns", 2 * NS, ""),),
    "min_notional": (("micros", 10 * DOLLAR, ""),),
    "restricted": (text("BBB", "list"),),
    "on_excess": (
        text("refuse"),
        text("clip"),
    ),
    "flat_by": (
        text("never"),
        text("close"),
    ),
}
LIMITS = [(key, value) for key, values in CHOICES.items() for value in values]
