"""Every maximum in one place. A full collection is a refusal (`CAPACITY_*`), never a surprise.

The numeric bounds keep every product of two inputs below 2**63 x 10**18, so that a compiled build may prove
its arithmetic; what comes in larger is refused at the door (`FORMAT_RANGE`).
"""

from typing import Final

MAX_SYMBOLS: Final = 5_000
MAX_STRATEGIES: Final = 64
MAX_OPEN_ORDERS: Final = 10_000
MAX_LOTS: Final = 4_096  # per book; beyond it the newest two lots are merged, cost kept exactly
MAX_INTENTS_A_DAY: Final = 200_000  # remembered for DUPLICATE_INTENT; cleared with the day
MAX_CLOSED_ORDERS: Final = 20_000  # kept until the next day for late fills and `why`
MAX_PRICE: Final = 10**15
MAX_QTY: Final = 10**15
MAX_MONEY: Final = 10**18  # one million million of the currency
MAX_TEXT: Final = 200
MAX_ID: Final = 64
MAX_PRICE_EXP: Final = 9
MAX_QTY_EXP: Final = 9
MAX_ATTEMPTS: Final = 3  # submits of one order under one id (B3)
MAX_CLIENT_ID: Final = 48
