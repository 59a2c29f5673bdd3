"""An outsider's audit of the journal: written from docs/reference alone, it shares no line with the product.

It knows what the pages say of the export, and nothing of how the governor computes. `reading` and `shape`
turn lines into numbers; `market`, `volatility`, `ledger`, `orders`, `limits` and `world` remember;
`question`, `facts` and `evidence` recompute what a decision says of itself, `verdicts` what follows from
it; `conduct`, `latches`, `account`, `actions`, `agreement` and `profiles` ask whether what
happened was allowed; `audit` walks the lines.
"""
