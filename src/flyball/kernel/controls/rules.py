"""C24 market facts and unknown shapes: session, flat-by window, restricted list, order types, times in
force, asset classes.

Deny what is not known. Only facts of the market refuse what reduces: a closed session, an order shape nobody
can send. RTS 6 art. 15.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.verdict import COUNT, MARKET_FACT, SKIP, Meta, Verdict
from flyball.kernel.words import CLOSE, DAY, INTENT_TYPES, LIMIT, STOP, TIFS

ASSET_CLASSES: Final = ("us_equity", "crypto")

METAS: Final = (
    Meta("C24", "session", ("MARKET_CLOSED",), COUNT, MARKET_FACT),
    Meta("C24", "flat_by", ("MARKET_FLAT_BY",), COUNT, SKIP),
    Meta("C24", "restricted", ("MARKET_RESTRICTED",), COUNT, SKIP),
    Meta("C24", "type", ("RULE_UNKNOWN_TYPE", "RULE_STOP_ADDS"), COUNT, MARKET_FACT),
    Meta("C24", "tif", ("RULE_UNKNOWN_TIF",), COUNT, MARKET_FACT),
    Meta("C24", "asset_class", ("RULE_ASSET_CLASS",), COUNT, SKIP),
    Meta("C24", "limit", ("FORMAT_PRICE",), COUNT, MARKET_FACT),
)


def rules(s: State, a: Ask, v: Verdict) -> None:
    i = a.intent
    shut = not s.day.is_open(a.ts) or (a.adds and s.day.doubtful)
    v.forbid("MARKET_CLOSED", shut, int(shut), 0)
    closing = s.limits.flat_by == "close" and s.day.closing(a.ts)
    v.refuse("MARKET_FLAT_BY", closing, int(closing), 0)
    restricted = i.symbol in s.limits.restricted or not a.market.tradable
    v.refuse("MARKET_RESTRICTED", restricted, int(restricted), 0)
    strange = i.type not in INTENT_TYPES
    adds = a.adds and i.type in (STOP, CLOSE)  # what is there to protect an exit must not open
    v.forbid("RULE_STOP_ADDS" if adds else "RULE_UNKNOWN_TYPE", strange or adds, int(strange or adds), 0)
    strange = i.tif not in TIFS or (i.type == STOP and i.tif != DAY)
    v.forbid("RULE_UNKNOWN_TIF", strange, int(strange), 0)
    strange = a.market.asset_class not in ASSET_CLASSES
    v.refuse("RULE_ASSET_CLASS", strange, int(strange), 0)
    # a limit below one tick would round to none, and leave as a market order; a stop price goes with a stop
    bad = i.type == LIMIT and (i.limit <= 0 or a.limit <= 0)
    bad = bad or (i.type == STOP and i.stop < a.market.tick) or (i.type != STOP and i.stop != 0)
    bad = bad or (i.type in (STOP, CLOSE) and i.limit != 0)
    v.forbid("FORMAT_PRICE", bad, i.limit or i.stop, 1)
