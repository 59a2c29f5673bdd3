"""What the records of a state of schema 2 had for fields, in order: rules 2, released, never to change."""

from typing import Final

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "State": tuple(
        """
        seq ts epoch account broker mode environment profile limits markets carries books known
        unsure looked stated adoption cash flows high_water caution acknowledged day chain orders
        closed closed_before order_seq exit_legs account_ask account_asked timers mismatches
        differing waits strange_fills rates recent latches flattenings drifting restart_scale
        restart_step cursors failures listed foreign foreign_seen actions terms
        """.split()
    ),
    "Limits": tuple(
        """
        every_symbol symbols strategies max_gross max_net max_leverage max_at_risk
        max_overnight_exposure max_positions max_daily_turnover max_daily_cost fee_per_unit fee_rate
        max_daily_loss stress_floor atr_bar drawdown_caution drawdown_restrict drawdown_halt
        caution_scale order_rate min_spacing message_rate reject_rate max_orders_per_day reduce_rate
        duplicate_window min_notional restricted max_intent_age on_excess flat_by risk_per_trade
        atr_stop regime_high regime_extreme regime_exit regime_dwell regime_high_scale
        regime_extreme_scale
        """.split()
    ),
    "SymbolLimits": tuple(
        """
        max_order_notional max_order_qty max_position_notional max_daily_loss price_tolerance
        max_slippage max_quote_age max_spread max_tick_move
        """.split()
    ),
    "Cap": tuple(
        """
        micros ppm
        """.split()
    ),
    "StrategyLimits": tuple(
        """
        max_daily_loss on_excess
        """.split()
    ),
    "Market": tuple(
        """
        symbol currency asset_class price_exp qty_exp tick lot tradable scale bid ask last seen_at
        first_of_session suspect suspect_count crossed locked atr volatility restated
        """.split()
    ),
    "Atr": tuple(
        """
        bars value start high low close last_close
        """.split()
    ),
    "Volatility": tuple(
        """
        returns fast slow close level held
        """.split()
    ),
    "Book": tuple(
        """
        strategy symbol qty lots cash fees realised day_base adopted
        """.split()
    ),
    "Lot": tuple(
        """
        qty cost
        """.split()
    ),
    "Day": tuple(
        """
        day venue open close baseline flows traded fees orders stage checked intents
        """.split()
    ),
    "IntentRecord": tuple(
        """
        verdict qty filled traded
        """.split()
    ),
    "OrderState": tuple(
        """
        client_id intent author strategy symbol side qty type limit tif adds leg born sent_at state
        filled stated attempt broker_id reason fill_ids cancel_at cancel_attempt ask asked_at
        disowned waits ours owed absent left unlisted by_hand hand_price hand_fee
        """.split()
    ),
    "Rates": tuple(
        """
        orders messages rejects reduces
        """.split()
    ),
    "Recent": tuple(
        """
        ts strategy symbol side qty notional limit
        """.split()
    ),
    "Latch": tuple(
        """
        id scope state positions by reason since day
        """.split()
    ),
    "Flattening": tuple(
        """
        why scope started start_equity attempts next_at asked done foreign positions paged
        """.split()
    ),
    "Terms": tuple(
        """
        approvers rules pending loose until
        """.split()
    ),
    "Rule": tuple(
        """
        scope key kind amount text origin
        """.split()
    ),
    "Loosening": tuple(
        """
        rule number by since day approver reason expires
        """.split()
    ),
}
