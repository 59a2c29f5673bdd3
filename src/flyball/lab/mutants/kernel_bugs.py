"""Bugs for the kernel: what has cost others money, each as one small change."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

LIFE: Final = "tests/kernel/test_lifecycle.py"
DOUBT: Final = "tests/kernel/test_doubt.py"
FAILURES: Final = "tests/kernel/test_failures.py"
INCIDENTS: Final = "tests/kernel/test_incidents.py"
CONTROLS: Final = "tests/kernel/controls"

KERNEL_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "ignore working orders",
        "kernel/state.py",
        "        if left == 0:\n            continue\n        worth = ",
        "        if left >= 0:\n            continue\n        worth = ",
        (f"{CONTROLS}/test_position.py",),
    ),
    Mutant(
        ">= for >: a value equal to a cap is refused",
        "kernel/verdict.py",
        "limit == UNKNOWN or value <= limit:",
        "limit == UNKNOWN or value < limit:",
        (f"{CONTROLS}/test_order_size.py",),
    ),
    Mutant(
        "flip through zero",
        "kernel/decide.py",
        "    qty = min(a.qty, a.reducible)\n",
        "    qty = a.qty\n",
        ("tests/kernel/test_decide.py",),
    ),
    Mutant(
        "reset latches at restart",
        "kernel/apply.py",
        "    s.environment = e.environment\n",
        "    s.environment = e.environment\n    s.latches.clear()\n",
        (f"{FAILURES}::test_08_every_latch_holds_through_a_restart_and_has_a_way_back",),
        seed=2,
    ),
    Mutant(
        "new id on retry",
        "kernel/placing.py",
        "            o.sent_at,\n            o.client_id,\n",
        "            o.sent_at,\n"
        '            o.client_id if o.attempt == 1 else f"{o.client_id}-{o.attempt}",\n',
        (DOUBT,),
        seed=8,
    ),
    Mutant(
        "forget fees",
        "kernel/ledger.py",
        "    b.fees += fee\n",
        "    b.fees += 0 * fee\n",
        ("tests/kernel/test_ledger.py",),
    ),
    Mutant(
        "roll the day at UTC midnight",
        "kernel/apply.py",
        "    worst = s.totals.gross\n    opening = ",
        "    worst = s.totals.gross\n"
        "    if s.day.day and e.ts // (86_400 * 10**9) > s.day.open // (86_400 * 10**9):\n"
        "        s.day = Day(s.day.day, s.day.venue, e.ts, s.day.close, s.equity())\n"
        "    opening = ",
        (f"{INCIDENTS}::test_a_heavy_loser_is_not_let_in_again_at_midnight",),
    ),
    Mutant(
        "timeout as rejected",
        "kernel/lifecycle.py",
        "            move(o, IN_DOUBT)\n            ask(s, out, o)\n",
        "            move(o, REJECTED)\n            settle(s, out, o)\n",
        (DOUBT,),
        seed=77,
    ),
    Mutant(
        "leave resting orders under a latch",
        "kernel/placing.py",
        "            cancel(s, out, o, why)\n",
        "            continue\n",
        ("tests/kernel/test_truth.py",),
        seed=77,
    ),
    Mutant(
        "let an exit be refused by a cap",
        "kernel/verdict.py",
        "        if not self.adds or limit == UNKNOWN or value <= limit:\n"
        "            return\n"
        "        self._say(code)\n",
        "        if limit == UNKNOWN or value <= limit:\n"
        "            return\n"
        "        self._say(code)\n"
        "        if not self.adds:\n"
        "            self.refusals.append(code)\n",
        (f"{FAILURES}::test_11_no_limit_traps_an_exit",),
    ),
    Mutant(
        "count a duplicate fill twice",
        "kernel/lifecycle.py",
        "        if e.fill_id in o.fill_ids:\n            return\n",
        "",
        (LIFE,),
        seed=16,
    ),
    Mutant(
        "resend after not-found although too old",
        "kernel/placing.py",
        "        if now - o.born > s.limits.max_intent_age:\n",
        "        if now - o.born > s.limits.max_intent_age and o.attempt > 9:\n",
        (DOUBT,),
    ),
    Mutant(
        "a session's first print is not exempt",
        "kernel/market.py",
        "and not m.first_of_session and",
        "and",
        ("tests/kernel/test_market.py",),
    ),
    Mutant(
        "clear without the operator secret",
        "kernel/clearing.py",
        '    if e.authority != SECRET:\n        return "clear needs the operator secret"\n',
        "",
        ("tests/lab/test_mutant_targets.py",),
    ),
    Mutant(
        "clear the daily loss on the same day",
        "kernel/clearing.py",
        "s.day.day <= held.day",
        "s.day.day < held.day",
        ("tests/lab/test_mutant_targets.py",),
    ),
    Mutant(
        "sell twice: working exits not taken off what may reduce",
        "kernel/ask.py",
        "        account -= left\n        if o.strategy == strategy:\n            book -= left\n",
        "",
        ("tests/kernel/test_flatten.py",),
        seed=1,
    ),
    Mutant(
        "value longs at the ask",
        "kernel/ledger.py",
        "_down(m.long_price(), b.qty, m.scale)\n    else",
        "_down(m.short_price(), b.qty, m.scale)\n    else",
        ("tests/kernel/test_ledger.py",),
    ),
    Mutant(
        "cancelled means gone: what the broker still owes is forgotten",
        "kernel/orders.py",
        "            return max(0, self.stated - self.filled)\n",
        "            return 0\n",
        ("tests/kernel/test_orders.py", LIFE),
        seed=14,
    ),
    Mutant(
        "issue one client order id twice",
        "kernel/placing.py",
        "    s.order_seq += 1\n",
        "    s.order_seq = 1\n",
        ("tests/kernel/test_placing.py",),
    ),
    Mutant(
        "yesterday's loss of a strategy counts today",
        "kernel/apply.py",
        "    s.profits = {}\n",
        "",
        ("tests/kernel/test_triggers.py",),
    ),
)
