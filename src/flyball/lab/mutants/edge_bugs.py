"""Bugs for what stands around the loop: allowance of calls, kill file, direct panic, paging, sensors."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

OUTBOX: Final = "tests/runtime/test_outbox.py"
DIRECT: Final = "tests/sentinel/test_direct.py"
VIGIL: Final = "tests/sentinel/test_vigil.py"
DUE: Final = "tests/desk/alerts/test_due.py"
TAKES_OVER: Final = (
    "tests/desk/alerts/test_delivery.py::test_a_newer_pager_takes_over_and_pages_nothing_twice"
)
KILL_FILE: Final = (
    "tests/runtime/test_killfile.py::test_a_start_begins_panicked_and_only_who_takes_it_away_may_clear"
)
SLASH: Final = "tests/desk/alerts/test_slash.py"

EDGE_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "what adds uses up the calls that getting flat needs",
        "runtime/budget.py",
        "    ADDS: 250_000,\n",
        "    ADDS: 0,\n",
        ("tests/runtime/test_budget.py", OUTBOX),
    ),
    Mutant(
        "an exit that waited for the allowance is not judged again",
        "runtime/outbox.py",
        "        if why:\n            self.inbox.append(NotSent(now, order.client_id, why))\n",
        "        if why and order.adds:\n            self.inbox.append(NotSent(now, order.client_id, why))\n",
        (OUTBOX,),
    ),
    Mutant(
        "the broker's word that there are too many calls is not heard",
        "runtime/budget.py",
        "        self._shut_until = max(self._shut_until, until)\n",
        "        self._shut_until = 0\n",
        ("tests/runtime/test_budget.py", OUTBOX),
    ),
    Mutant(
        "the kill file counts once for good",
        "runtime/killfile.py",
        "        if not there:\n            self.told = False\n",
        "",
        (
            "tests/runtime/test_killfile.py::test_a_start_begins_panicked_and_only_who_takes_it_away_may_clear",
        ),
    ),
    Mutant(
        "a panic is cleared while the kill file lies there",
        "runtime/control.py",
        ' and request.args["latch"] == "L4" and self.killed():\n',
        ' and request.args["latch"] == "" and self.killed():\n',
        (KILL_FILE,),
    ),
    Mutant(
        "the paper broker's door takes an id twice",
        "broker/paper_door.py",
        "        if self.desk.paper.held(order.client_id) is not None:\n",
        '        if order.client_id == "":\n',
        ("tests/broker/test_paper_door.py::test_what_is_refused_and_how",),
    ),
    Mutant(
        "the paper broker sells held shares once more",
        "broker/paper_rules.py",
        "        free = max(abs(position) - held, 0)\n",
        "        free = abs(position)\n",
        ("tests/broker/test_paper_door.py::test_held_shares_cannot_be_sold_twice",),
    ),
    Mutant(
        "that the loop stood still is heard behind what came meanwhile",
        "runtime/flight.py",
        '            self._fly([Report(now, "loop", "gap", "loop", str(gap))], now)\n',
        '            self.pending.append(Report(now, "loop", "gap", "loop", str(gap)))\n',
        ("tests/runtime/test_standstill.py::test_what_came_meanwhile_is_heard_behind_it",),
    ),
    Mutant(
        "the direct panic believes one empty list",
        "sentinel/direct.py",
        "        self.held, self.working = self.door.positions() if exits else {}, self.door.orders()\n",
        "",
        (DIRECT,),
    ),
    Mutant(
        "the direct panic mints another id for the same exit",
        "sentinel/direct.py",
        "|{self.hour}|{k}",
        "|{self.door.calls}|{k}",
        (DIRECT,),
    ),
    Mutant(
        "the direct panic sells what working orders sell already",
        "sentinel/direct.py",
        "        room = min(free, abs(qty) - sum((remaining(o) for o in closing), Decimal(0)))\n",
        "        room = abs(qty)\n",
        (DIRECT,),
    ),
    Mutant(
        "an error is taken for an empty list",
        "sentinel/wire.py",
        "        if status != 200 or not isinstance(found, list):\n",
        "        if status != 200:\n            return []\n        if not isinstance(found, list):\n",
        (DIRECT,),
    ),
    Mutant(
        "the sentinel acts without grace",
        "sentinel/vigil.py",
        "now - self.gone_at >= self.grace:\n",
        "now - self.gone_at >= 0:\n",
        (VIGIL,),
    ),
    Mutant(
        "a governor that recovers is flattened behind its back",
        "sentinel/vigil.py",
        "max(self.after, RECOVERY) if seen.starting",
        "self.after if seen.starting",
        (VIGIL,),
    ),
    Mutant(
        "the sentinel takes its own pause for the governor's silence",
        "sentinel/vigil.py",
        "        if self.count == -1 or now - self.looked > SLEPT:\n",
        "        if self.count == -1:\n",
        (VIGIL,),
    ),
    Mutant(
        "a restarted pager pages everything again",
        "desk/alerts/pager.py",
        "        self.state, note = kept.load(world.disk)\n",
        '        self.state, note = kept.Kept(), ""\n',
        (TAKES_OVER,),
    ),
    Mutant(
        "a restarted pager forgets what nobody has acknowledged",
        "desk/alerts/pager.py",
        "        self.pages = Pages(self.state.pages, self.state.own)\n",
        "        self.pages = Pages((), self.state.own)\n",
        (TAKES_OVER,),
    ),
    Mutant(
        "an escalation skips the second channel",
        "desk/alerts/due.py",
        "        page.legs.append(Leg(chain[len(page.legs)], now, ESCALATION))\n",
        "        page.legs.append(Leg(chain[-1], now, ESCALATION))\n",
        (DUE,),
    ),
    Mutant(
        "a critical page that nobody takes is sent once",
        "desk/alerts/due.py",
        "                    leg.why = REPEAT\n",
        '                    leg.why = ""\n',
        (DUE,),
    ),
    Mutant(
        "a critical page ends by itself after a quiet hour",
        "desk/alerts/due.py",
        " and (page.severity != CRITICAL or page.by):\n",
        ":\n",
        (DUE,),
    ),
    Mutant(
        "a signed panic may be said again for ever",
        "desk/alerts/slash.py",
        "        if abs(now - int(timestamp)) > WINDOW_S:\n",
        "        if int(timestamp) - now > WINDOW_S:\n",
        (SLASH,),
    ),
    Mutant(
        "a restart forgets which requests it has seen",
        "desk/alerts/slash.py",
        "        if self.disk.exists(SEEN):\n",
        "        if self.disk.exists(SEEN) and self.seen:\n",
        (SLASH,),
    ),
    Mutant(
        "a viewer may panic",
        "desk/alerts/slash.py",
        '        allowed = OPERATORS if what == "panic"',
        '        allowed = VIEWERS if what == "panic"',
        (SLASH,),
    ),
    Mutant(
        "a comparison of before the restart clears its doubt",
        "sensors/silence.py",
        "        fresh = s.agreed >= self._begun and now - s.agreed <= oldest\n",
        "        fresh = now - s.agreed <= oldest\n",
        ("tests/sensors/test_silence.py",),
    ),
    Mutant(
        "a stale symbol is fresh again with the restart",
        "sensors/feed.py",
        ' if x.scope.startswith("symbol:") and board.held("feed", x.scope)\n',
        ' if x.scope.startswith("symbol:") and not board.held("feed", x.scope)\n',
        ("tests/sensors/test_feed.py",),
    ),
    Mutant(
        "the comparison with the broker is never asked for",
        "sensors/silence.py",
        "        self._asked = now\n",
        "        self._asked = now + (1 << 60)\n        return None\n",
        ("tests/sensors/test_silence.py",),
    ),
    Mutant(
        "unknown is taken for ok",
        "sensors/board.py",
        "        if reading.state == OK:\n",
        "        if reading.state in (OK, UNKNOWN):\n",
        ("tests/sensors/test_board.py",),
    ),
    Mutant(
        "a clock that nobody vouches for is a good one",
        "sensors/clock.py",
        "        state = UNKNOWN if steady - self._sure > HOUR else WAITING\n",
        "        state = OK\n",
        ("tests/sensors/test_clock.py",),
    ),
    Mutant(
        "what flickers clears its latch",
        "sensors/board.py",
        "            return None  # not believed yet\n",
        "            pass\n",
        ("tests/sensors/test_board.py",),
    ),
    Mutant(
        "a half-day that only the broker knows is no difference",
        "sensors/calendar.py",
        "        if ours and hours.closes and day.close - hours.closes > EDGE:\n",
        "        if ours and hours.closes and hours.closes - day.close > EDGE:\n",
        ("tests/sensors/test_calendar.py",),
    ),
)
