"""decide: state and intent in, decision out. Pure: it changes nothing. It may fail; the answer is then a
refusal (C32).

Order of thought: what cannot be projected is refused for its shape; what reduces is cut to what may reduce
and meets only the rules that hold for exits; what adds meets every control, is clipped to the smallest cap
when its strategy says so, and is judged again at that size, so that the evidence of an approval always shows
the approved order within every limit.
"""

from dataclasses import dataclass

from flyball.kernel.ask import Ask, in_the_way, project
from flyball.kernel.controls import METAS, ask_all
from flyball.kernel.effects import Decision
from flyball.kernel.events import Intent
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN
from flyball.kernel.verdict import Verdict
from flyball.kernel.words import APPROVE, CLIP, ON_CLIP, REJECT, SIDES

NO_EVIDENCE = (UNKNOWN,) * (2 * len(METAS))
PASSES = 4  # rounding may need more than one cut; each one is smaller


@dataclass
class Judged:
    """A decision and the ask it was made on (None when the intent could not be projected)."""

    decision: Decision
    ask: Ask | None


def decide(s: State, i: Intent) -> Judged:
    """Judge one intent."""
    if i.flaw:
        return Judged(_refusal(s, i, (i.flaw,)), None)
    m = s.markets.get(i.symbol)
    if m is None:
        return Judged(_refusal(s, i, ("RULE_UNKNOWN_SYMBOL",)), None)
    if i.side not in SIDES:
        return Judged(_refusal(s, i, ("FORMAT_FIELD",)), None)
    a = project(s, i, m, 0)
    return _exit(s, a) if not a.adds else _entry(s, a)


def _entry(s: State, a: Ask) -> Judged:
    i = a.intent
    v = _ask(s, a)
    if not v.caps and not v.refusals:
        return Judged(_decision(s, a, v, APPROVE, a.qty, ()), a)
    codes = v.codes()
    fits = None if v.refusals else _largest(s, a, v)
    if fits is None or s.limits.of_strategy(i.strategy).on_excess != ON_CLIP:
        passes = 0 if fits is None else fits[0].qty
        return Judged(_decision(s, a, v, REJECT, 0, codes, passes), a)
    smaller, seen = fits
    return Judged(_decision(s, smaller, seen, CLIP, smaller.qty, codes), smaller)


def _largest(s: State, a: Ask, v: Verdict) -> tuple[Ask, Verdict] | None:
    """The largest size every cap lets through, judged at that size; None when none passes."""
    lot = a.market.lot
    for _ in range(PASSES):
        if v.most < 0:
            return None
        qty = min(v.most, a.qty - 1) // lot * lot
        if qty <= 0:
            return None
        a = project(s, a.intent, a.market, qty)
        v = _ask(s, a)
        if not v.caps and not v.refusals:
            return a, v
    return None


def _exit(s: State, a: Ask) -> Judged:
    i = a.intent
    v = _ask(s, a)
    codes = v.codes()
    if v.refusals:
        return Judged(_decision(s, a, v, REJECT, 0, codes), a)
    held = in_the_way(s, a) if a.reducible < a.qty or a.reducible == 0 else ()
    if a.reducible == 0:
        code = "REDUCE_IN_DOUBT" if a.doubt else "REDUCE_HELD"
        return Judged(_decision(s, a, v, REJECT, 0, (code,), held=held), a)
    lot = a.market.lot
    qty = min(a.qty, a.reducible)
    if qty < a.reducible:
        qty = qty // lot * lot  # the whole rest may be an odd lot, a part of it may not
    if qty <= 0:
        return Judged(_decision(s, a, v, REJECT, 0, ("FORMAT_LOT",)), a)
    if a.qty <= a.reducible:
        return Judged(_decision(s, a, v, APPROVE, qty, ()), a)
    codes = ("REDUCE_THROUGH_ZERO",)
    if s.limits.of_strategy(i.strategy).on_excess != ON_CLIP:
        return Judged(_decision(s, a, v, REJECT, 0, codes, qty, held=held), a)
    return Judged(_decision(s, a, v, CLIP, qty, codes, held=held), a)


def _ask(s: State, a: Ask) -> Verdict:
    v = Verdict(a.adds)
    ask_all(s, a, v)
    assert len(v.evidence) == len(NO_EVIDENCE), "a control noted too little or too much"
    return v


def _decision(
    s: State,
    a: Ask,
    v: Verdict,
    verdict: str,
    qty: int,
    codes: tuple[str, ...],
    would_pass: int = 0,
    held: tuple[str, ...] = (),
) -> Decision:
    i = a.intent
    return Decision(
        ts=s.ts,
        intent=i.intent,
        strategy=i.strategy,
        symbol=i.symbol,
        side=i.side,
        verdict=verdict,
        qty=qty,
        would_pass=would_pass,
        limit=a.limit,
        codes=codes,
        adds=a.adds,
        reference=a.reference,
        scale=a.scale,
        evidence=tuple(v.evidence),
        stop=a.stop,
        held=held,
    )


def _refusal(s: State, i: Intent, codes: tuple[str, ...]) -> Decision:
    """A refusal of what could not be projected: there is no evidence to show."""
    return Decision(
        s.ts, i.intent, i.strategy, i.symbol, i.side, REJECT, 0, 0, 0, codes, False, 0, PPM, NO_EVIDENCE
    )


def failed(s: State, i: Intent) -> Decision:
    """The answer when a control failed: what cannot be told is refused."""
    return _refusal(s, i, ("CONTROL_FAILED",))
