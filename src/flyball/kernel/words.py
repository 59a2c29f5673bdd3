"""Every closed word of the kernel, spelled once: sides, verdicts, order states, latches' states and the
codes of a refusal.

A code is part of the contract with bots and auditors (C37): codes are only ever added, and
docs/reference/codes.md lists exactly these (a test compares them).
"""

from typing import Final

BUY: Final = 1
SELL: Final = -1
SIDES: Final = {BUY: "buy", SELL: "sell"}

APPROVE: Final = "approve"
CLIP: Final = "clip"
REJECT: Final = "reject"

# Order lifecycle (B1). IN_DOUBT is live: it may or may not be at the broker.
PENDING: Final = "PENDING"
SENT: Final = "SENT"
IN_DOUBT: Final = "IN_DOUBT"
ACCEPTED: Final = "ACCEPTED"
PARTIALLY_FILLED: Final = "PARTIALLY_FILLED"
FILLED: Final = "FILLED"
CANCELED: Final = "CANCELED"
REJECTED: Final = "REJECTED"
EXPIRED: Final = "EXPIRED"
NOT_SENT: Final = "NOT_SENT"
LIVE_STATES: Final = (PENDING, SENT, IN_DOUBT, ACCEPTED, PARTIALLY_FILLED)
FINAL_STATES: Final = (FILLED, CANCELED, REJECTED, EXPIRED, NOT_SENT)

MARKET: Final = "market"
LIMIT: Final = "limit"
STOP: Final = "stop"  # rests at the broker; a trade at its price or beyond makes it a market order
CLOSE: Final = "close"  # of intents only: take back what already reduces, then exit with all that is left
ORDER_TYPES: Final = (MARKET, LIMIT, STOP)
INTENT_TYPES: Final = (*ORDER_TYPES, CLOSE)
DAY: Final = "day"
IOC: Final = "ioc"
TIFS: Final = (DAY, IOC)
AT_CLOSE: Final = "cls"  # in the closing auction; the ladder's own, of no intent

# Calls to a broker that can stay unanswered.
SUBMIT: Final = "submit"
CANCEL: Final = "cancel"
QUERY: Final = "query"
ACCOUNT: Final = "account"
CANCEL_ALL: Final = "cancel_all"

ACTIVE: Final = "ACTIVE"
REDUCING: Final = "REDUCING"
HALTED: Final = "HALTED"

# What a latch does to positions.
EXITS: Final = "exits"
FLATTEN: Final = "flatten"
CANCEL_ONLY: Final = "cancel_only"
PAGE: Final = "page"

SET: Final = "set"
CLEARED: Final = "cleared"

# How far an operator's command may go: the socket's owner may only tighten, the operator secret may loosen.
SOCKET: Final = "socket"
SECRET: Final = "secret"
APPROVER: Final = "approver"  # a named approver's own secret

ON_CLIP: Final = "clip"
ON_REFUSE: Final = "refuse"

OUTSIDE: Final = "_outside"  # the book of what nobody asked for
GOVERNOR: Final = "_governor"
LADDER: Final = "ladder"  # the author of what the close asks for

INFO: Final = "info"
WARNING: Final = "warning"
CRITICAL: Final = "critical"

# Codes: CATEGORY_CONDITION -> what it says to the person who reads it.
CODES: Final[dict[str, str]] = {
    "SIZE_ORDER_NOTIONAL": "the order's value is above max_order_notional",
    "SIZE_ORDER_QTY": "the order's quantity is above max_order_qty",
    "EXPOSURE_POSITION": "the worst case of this symbol is above max_position_notional",
    "EXPOSURE_GROSS": "the worst-case gross exposure is above max_gross",
    "EXPOSURE_NET": "the worst-case net exposure is above max_net",
    "EXPOSURE_LEVERAGE": "the worst-case gross exposure is above max_leverage times equity",
    "EXPOSURE_AT_RISK": "positions without a confirmed broker stop are above max_at_risk",
    "EXPOSURE_COUNT": "more symbols could be held than max_positions",
    "BUDGET_TURNOVER": "the day's turnover, with its own exits reserved, is above max_daily_turnover",
    "BUDGET_COST": "the day's costs, with its own exits reserved, are above max_daily_cost",
    "LOSS_ACCOUNT": "the day's loss plus the stressed loss of the worst-case book is above max_daily_loss",
    "LOSS_STRATEGY": "the same for this strategy's own max_daily_loss",
    "LOSS_SYMBOL": "the same for this symbol's own max_daily_loss",
    "DRAWDOWN_UNKNOWN": "equity cannot be valued, so neither can the drawdown",
    "PRICE_NO_REFERENCE": "no reference price for this symbol",
    "PRICE_TOLERANCE": "the limit price is too far from the reference (price_tolerance)",
    "DATA_MISSING": "no price has been seen for this symbol",
    "DATA_STALE": "the last price is older than max_quote_age",
    "DATA_RESTATED": "a corporate action restated this symbol, and no price has been seen since",
    "DATA_CROSSED": "bid above ask",
    "DATA_LOCKED": "bid equal to ask",
    "DATA_SPREAD": "the spread is wider than max_spread",
    "DATA_SUSPECT": "the last print moved more than max_tick_move and is not confirmed",
    "DATA_UNVALUED": "a held position has no price, so the account cannot be valued",
    "RATE_ORDERS": "more orders in one second than order_rate",
    "RATE_SPACING": "less time since the last order than min_spacing",
    "RATE_MESSAGES": "more messages to the broker in one second than message_rate",
    "RATE_REJECTS": "the broker rejected more orders in one minute than reject_rate",
    "RATE_DAY": "more orders today than max_orders_per_day",
    "RATE_REDUCE": "the exits' own reserved rate is used up",
    "DUPLICATE_INTENT": "this intent id was already decided",
    "DUPLICATE_ORDER": "the same order was asked for within duplicate_window",
    "SELF_TRADE": "the order would trade against an own working order",
    "FORMAT_QTY": "the quantity is missing, zero, negative or not a number",
    "FORMAT_LOT": "less than one lot",
    "FORMAT_PRICE": "the limit price is missing, zero, negative or not a number",
    "FORMAT_MIN_NOTIONAL": "the order's value is below min_notional",
    "FORMAT_FIELD": "a field of the intent is missing or not what it must be",
    "FORMAT_RANGE": "a number is larger than the governor can carry",
    "MARKET_CLOSED": "outside the session",
    "MARKET_FLAT_BY": "the book is being brought flat for the close; only reductions now",
    "MARKET_RESTRICTED": "the symbol is on the restricted list or not tradable",
    "RULE_UNKNOWN_SYMBOL": "no instrument of this name",
    "RULE_UNKNOWN_TYPE": "an order type this version does not know",
    "RULE_STOP_ADDS": "a stop, or a close, that would add: there is nothing of this symbol it could reduce",
    "RULE_UNKNOWN_TIF": "a time in force this version does not know, or not for this order type",
    "RULE_ASSET_CLASS": "an asset class this version does not know",
    "INTENT_EXPIRED": "the intent is older than max_intent_age",
    "ACCOUNT_OPPOSITE_SIDE": "another strategy holds, or may hold, the opposite side of this symbol",
    "ACCOUNT_UNKNOWN": "the broker's account has not been read, or not been compared since the start",
    "ACCOUNT_ADOPTION": "positions were adopted at the first start; a named operator has to resume",
    "REDUCE_IN_DOUBT": "an order that may already be reducing is in doubt and being asked about",
    "REDUCE_HELD": "own working orders already reduce all of the position; type close cancels them first",
    "REDUCE_THROUGH_ZERO": "larger than the position; the size that would pass is named",
    "CAPACITY_ORDERS": "too many orders are open",
    "CAPACITY_LOTS": "too many open lots in one book",
    "CAPACITY_INTENTS": "too many intents remembered today",
    "CONTROL_FAILED": "a control failed; what it cannot tell is refused",
    "SIZE_ATR": "more than risk_per_trade would be lost at a stop of atr_stop average true ranges",
    "SIZE_ATR_UNKNOWN": "no price for this symbol, so the loss at the stop cannot be told (risk_per_trade)",
    "LATCH_L1": "daily loss",
    "LATCH_L2": "weekly loss, drawdown halt or equity floor",
    "LATCH_L3": "drawdown restrict zone",
    "LATCH_L3m": "margin deficit",
    "LATCH_L4": "panic",
    "LATCH_L5": "freeze",
    "LATCH_L6": "too many incidents, or figures that stop trading",
    "LATCH_L7": "broker, reconciliation, clock, calendar or a symbol's data in doubt",
    "LATCH_L8": "decisions or the disk are too slow",
    "LATCH_L9a": "the journal cannot be written",
    "LATCH_L9b": "an invariant was violated",
    "LATCH_L10": "the strategy is silent, or its model unhealthy",
    "LATCH_L12": "halted, paused or in a limit state, or resumed a moment ago",
    "LATCH_L13": "the strategy ran away from its review",
    "LATCH_L14": "pause",
    "LOSS_WEEK": "the week's loss plus the stressed loss of the worst-case book is above max_weekly_loss",
    "EQUITY_FLOOR": "equity is at or below min_account_equity, or cannot be valued",
    "MARKET_HALTED": "trading in it is halted, paused or in a limit state: nothing is sent",
}
