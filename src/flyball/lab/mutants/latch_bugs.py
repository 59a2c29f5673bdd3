"""Bugs for latches and the close: brakes that come off by themselves, or never bite."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

LATCHES: Final = "tests/kernel/test_latches.py"
WATCHING: Final = "tests/kernel/test_watching.py"
KILL_SWITCH: Final = "tests/kernel/test_kill_switch.py"
CLEARING: Final = "tests/kernel/test_clearing.py"
RUNAWAY: Final = "tests/kernel/test_runaway.py"
LADDER: Final = "tests/kernel/test_ladder.py"

LATCH_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "a latch may be cleared before its dwell is over",
        "kernel/latches.py",
        "    return now - latch.since >= DWELL\n",
        "    return now >= latch.since\n",
        (LATCHES,),
    ),
    Mutant(
        "an early ok does not wait for the dwell",
        "kernel/latches.py",
        "    return max(held.since + DWELL, settled)\n",
        "    return settled\n",
        (WATCHING,),
    ),
    Mutant(
        "one cause answers for all",
        "kernel/latches.py",
        "    held.causes = tuple(one for one in held.causes if one != cause)\n",
        "    held.causes = ()\n",
        (WATCHING,),
        seed=3,
    ),
    Mutant(
        "the governor takes a person's name off a latch",
        "kernel/latches.py",
        "        by = held.by  # the stricter holds from here on, and so does the name of who set it\n",
        "        held.by = by\n",
        (CLEARING,),
    ),
    Mutant(
        "the kill switch re-arms by time alone, whatever is in doubt",
        "kernel/incidents.py",
        '    if any(one.id == "L7" for one in s.latches.values()):\n',
        '    if any(one.id == "" for one in s.latches.values()):\n',
        (KILL_SWITCH,),
    ),
    Mutant(
        "the kill switch re-arms as often as it likes",
        "kernel/incidents.py",
        "    if s.brakes.rearms >= MOST:\n",
        "    if s.brakes.rearms > MOST:\n",
        (KILL_SWITCH,),
    ),
    Mutant(
        "full size at once after a panic",
        "kernel/clearing.py",
        "RESTART_FIRST: Final = PPM // 4",
        "RESTART_FIRST: Final = PPM",
        (CLEARING,),
        seed=7,
    ),
    Mutant(
        "the size grows although something trips meanwhile",
        "kernel/latches.py",
        "    if s.restart_step != 0 and row.state != ACTIVE:\n",
        "    if s.restart_step != 0 and row.state == ACTIVE:\n",
        (CLEARING,),
    ),
    Mutant(
        "the second person is the first",
        "kernel/clearing.py",
        "    if asked.by.casefold() == e.by.casefold():\n",
        "    if asked.by == e.by:\n",
        (CLEARING,),
    ),
    Mutant(
        "a word to clear waits for ever for the second person",
        "kernel/clearing.py",
        " or s.ts - asked.ts > CONFIRM_WITHIN:\n",
        ":\n",
        (CLEARING,),
    ),
    Mutant(
        "a restart is a review",
        "kernel/apply.py",
        "    s.environment = e.environment\n",
        "    s.environment = e.environment\n    s.brakes.conduct.clear()\n",
        (RUNAWAY,),
    ),
    Mutant(
        "a restart forgets the incidents of the day",
        "kernel/apply.py",
        "    s.environment = e.environment\n",
        "    s.environment = e.environment\n    s.brakes.rearms = 0\n",
        (KILL_SWITCH,),
    ),
    Mutant(
        "a silent strategy is never flattened",
        "kernel/deadman.py",
        '    begin(s, "L10", held.scope)\n',
        "",
        (WATCHING,),
    ),
    Mutant(
        "exits leave into a halted market",
        "kernel/placing.py",
        '    if halted(s, o.symbol):\n        return "MARKET_HALTED"\n',
        '    if halted(s, o.symbol) and o.adds:\n        return "MARKET_HALTED"\n',
        (WATCHING,),
    ),
    Mutant(
        "a gap of the loop is no start",
        "kernel/watching.py",
        '    if e.what == "loop":\n        begin(s)\n',
        '    if e.what == "loop":\n',
        (WATCHING,),
    ),
    Mutant(
        "a start believes a list of before it",
        "kernel/starting.py",
        "    if not s.unsure or 0 < e.as_of < s.begun:\n",
        "    if not s.unsure:\n",
        ("tests/kernel/test_starting.py",),
    ),
    Mutant(
        "a session that was shortened today is ignored",
        "kernel/ladder.py",
        "        day.close = e.close\n",
        "",
        (LADDER,),
    ),
    Mutant(
        "an on-close order nobody acknowledged is never taken back",
        "kernel/ladder.py",
        '            cancel(s, out, o, "the closing auction did not acknowledge it in time")\n',
        "            continue\n",
        (LADDER,),
    ),
    Mutant(
        "the auction is asked for what it has locked",
        "kernel/protection.py",
        "o.tif == AUCTION and not o.final() and s.ts >= s.day.close - IRREVOCABLE\n",
        "o.tif == AUCTION and not o.final() and s.ts >= s.day.close\n",
        (LADDER,),
    ),
    Mutant(
        "a session without a close lasts, and adds",
        "kernel/days.py",
        "    return start, start + SHORTEST, True\n",
        "    return start, start + SHORTEST, False\n",
        (LADDER,),
    ),
    Mutant(
        "the overlay's hours are read and not kept",
        "tables/overlay.py",
        "            found.append(row.session)\n",
        "            found.append(session)\n",
        ("tests/tables/test_overlay.py",),
    ),
)
