"""Bugs for orders whose harm only shows in the course of things: the simulator finds them."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

ORDER_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "a cancel is as good as done",
        "kernel/lifecycle.py",
        '        if e.attempt == o.cancel_attempt and f"ask {o.client_id}" not in s.timers:\n'
        "            ask(s, out, o)\n",
        "        if e.attempt == o.cancel_attempt:\n"
        '            move(o, "CANCELED")\n'
        "            settle(s, out, o)\n",
        seed=77,
    ),
    Mutant(
        "in doubt counts for nothing in the worst case",
        "kernel/state.py",
        "        if left == 0:\n            continue\n        worth = ",
        '        if left == 0 or o.state == "IN_DOUBT":\n            continue\n        worth = ',
        seed=77,
    ),
    Mutant(
        "not found once is never arrived",
        "kernel/placing.py",
        "DISOWNED: Final = 2 ",
        "DISOWNED: Final = 1 ",
        seed=77,
    ),
    Mutant(
        "the same client order ids after every start",
        "kernel/placing.py",
        'f"fb{s.account}-{s.epoch}-{s.order_seq}-{tag}-{leg}"',
        'f"fb{s.account}-1-{s.order_seq}-{tag}-{leg}"',
        seed=101,
    ),
    Mutant(
        "what the gate stops is told to nobody",
        "runtime/outbox.py",
        "            self.inbox.append(NotSent(now, order.client_id, why))\n            return True\n",
        "            return True\n",
        seed=1,
    ),
    Mutant(
        "a start asks the broker nothing",
        "runtime/flight.py",
        "        ids, self.outbox.lookups = self.outbox.lookups, []\n",
        "        ids, self.outbox.lookups = [], []\n",
        seed=15,
    ),
    Mutant(
        "the broker's cursor is forgotten",
        "compose/assembly.py",
        '    broker.resume(s.cursors.get("broker", 0), clock.now())\n',
        "    broker.resume(0, clock.now())\n",
        seed=21,
    ),
    Mutant(
        "a start trusts its own books",
        "kernel/starting.py",
        "    s.unsure = s.known\n",
        "    s.unsure = False\n",
        seed=1,
    ),
    Mutant(
        "an execution of a lost order counts twice",
        "kernel/lifecycle.py",
        "        if e.fill_id in s.strange_fills:\n            return\n",
        "",
        seed=16,
    ),
    Mutant(
        "a disk that hangs is never noticed",
        "runtime/flight.py",
        "        if late and not self._slow():\n",
        "        if late and self._slow():\n",
        seed=7,
    ),
    Mutant(
        "an exit is not checked again at the socket",
        "kernel/placing.py",
        "    if not still_reduces(s, o):\n",
        "    if not still_reduces(s, o) and o.reason:\n",
        seed=25,
    ),
    Mutant(
        "what waits for a cancel leaves at once",
        "kernel/placing.py",
        "    if not waits:\n        send(s, out, o, False)\n",
        "    send(s, out, o, False)\n",
        seed=1,
    ),
    Mutant(
        "the broker's cash is taken over in silence",
        "kernel/truth.py",
        "    wrong = _differences(s, e)\n    if not wrong:\n        s.agreed",
        "    s.cash = e.cash\n    wrong = _differences(s, e)\n    if not wrong:\n        s.agreed",
        seed=14,
    ),
    Mutant(
        "not flat at the close, and nobody is paged",
        "kernel/ladder.py",
        "    if not left:\n        return\n    what =",
        "    if left:\n        return\n    what =",
        seed=47,
    ),
)
