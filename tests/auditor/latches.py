"""Latches and the day: what is due is set, what is set was due, who cleared it with what; flat or paged.

P5, P6 and P10 of SPEC.md, and every figure of a `trip`, `session`, `flat` and `drift` line.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.auditor.evidence import worst
from tests.auditor.facts import FLATTEN
from tests.auditor.reading import MICRO, SECOND, Line, money, nanos, shown
from tests.auditor.world import World

# latches.md: state, positions, who clears it; "session": an operator, in a later session.
TABLE = {
    "L1": ("HALTED", ("flatten",), "session"),
    "L2": ("HALTED", ("flatten",), "operator"),
    "L3": ("REDUCING", ("exits",), "session"),
    "L3m": ("REDUCING", ("exits",), "evidence"),
    "L4": ("HALTED", ("flatten", "cancel_only"), "operator"),
    "L5": ("HALTED", ("exits",), "operator"),
    "L6": ("HALTED", ("exits",), "either"),
    "L7": ("REDUCING", ("exits",), "evidence"),
    "L8": ("REDUCING", ("exits",), "evidence"),
    "L9a": ("REDUCING", ("exits",), "evidence"),
    "L9b": ("HALTED", ("page",), "never"),
    "L10": ("REDUCING", ("exits", "flatten"), "evidence"),
    "L11": ("ACTIVE", ("exits",), "evidence"),
    "L12": ("HALTED", ("exits",), "evidence"),
    "L13": ("HALTED", ("exits",), "operator"),
    "L14": ("REDUCING", ("exits",), "operator"),
}
CLEARERS = {"clear": None, "resume": "L14", "confirm": None}
# Sensors' words: what each may hold.
WORDS = {
    "L3m": ("margin",),
    "L7": ("clock", "calendar", "overlay", "broker", "reconcile", "feed"),
    "L8": ("disk", "latency"),
    "L9a": ("journal",),
    "L10": ("bot", "model"),
    "L11": ("event",),
    "L12": ("halt", "breaker"),
}
COOLDOWN = 1_800 * SECOND
SETTERS = {"pause": "L14", "freeze": "L5", "panic": "L4", "flatten": "L14"}
DWELL = 30 * SECOND
EFFECTS = ("decision", "order", "latch", "alert", "divergence", "approval", "config")
EFFECT_REPORTS = (
    "trip",
    "flat",
    "moved",
    "drift",
    "cancel",
    "cancel_all",
    "query",
    "ask_account",
    "done",
    "refused",
)
ZONES = {"caution": "drawdown_caution", "restrict": "drawdown_restrict", "halt": "drawdown_halt"}


def is_input(line: Line) -> bool:
    """Whether a line is something that came in, and no consequence of it."""
    if line["kind"] == "report":
        return line["what"] not in EFFECT_REPORTS
    if line["kind"] == "update":
        return "ended" not in line and line.get("state") != "NOT_SENT"
    if line["kind"] == "alert":
        return "outcome" in line
    return line["kind"] not in EFFECTS


class Brakes:
    """What limits on losses owe, and what latches did."""

    def __init__(self) -> None:
        self.cause: Line = {}
        self.book_before = 0
        self.in_caution = False
        self.acknowledged = False
        self.due: set[tuple[str, str]] = set()
        self.missed: set[tuple[str, str]] = set()
        self.trip_due = ""
        self.commands: list[Line] = []
        self.answer_due: Line | None = None
        self.set_at: dict[tuple[str, str], tuple[int, str]] = {}
        self.began: dict[str, int] = {}
        self.alarm_due: list[str] = []
        self.paged = 0
        self.closed: set[str] = set()
        self.told: Line = {}
        self.pressed: dict[str, int] = {}

    # --- before a line is read

    def check(self, world: World, line: Line) -> Iterator[str]:
        if is_input(line):
            yield from self.settle(world)
            self.cause = line
            if line["kind"] in ("mark", "fill"):
                self.book_before = sum(one.most for one in worst(world).values())
        yield from self.close(world, line)
        kind = line["kind"]
        if kind == "session":
            yield from self.session(world, line)
        elif kind == "latch":
            yield from (self.set(world, line) if line["action"] == "set" else self.clear(world, line))
        elif kind == "command":
            self.commands.append(line)
            self.answer_due = line
        elif kind == "alert" and "outcome" not in line:
            self.alarm_due = [one for one in self.alarm_due if f"latch_{one}" != line["alert"]]
            self.paged = nanos(line["ts"]) if line["severity"] == "critical" else self.paged
        elif kind == "report":
            yield from self.report(world, line)

    def settle(self, world: World) -> Iterator[str]:
        """What the last input had to lead to."""
        missing = self.due - set(world.latches)
        for latch, scope in sorted(missing - self.missed):
            yield f"P5: {latch} on {scope} was due and is not set"
        self.missed = missing if self.cause.get("kind") in ("mark", "fill", "flow") else self.missed
        if self.trip_due:
            yield f"trip: {self.trip_due} was reached and is not reported"
        for latch in self.alarm_due:
            yield f"alert: nobody was told of {latch}"
        if self.answer_due:
            yield f"P6: command {self.answer_due['command']} of {self.answer_due['by']} has no answer"
        self.due, self.trip_due, self.alarm_due, self.answer_due = set(), "", [], None

    def report(self, world: World, line: Line) -> Iterator[str]:
        what = line["what"]
        if what == "session":
            self.told = line
        elif what == "trip":
            yield from self.trip(world, line)
        elif what == "flat":
            yield from self.flat(world, line)
        elif what == "drift":
            yield from self.drift(world, line)
        elif what in ("done", "refused"):
            asked = self.answer_due
            if asked is None or (asked["command"], asked["by"]) != (line["command"], line["by"]):
                yield f"P6: {line['command']} of {line['by']} is answered and was not asked"
            self.answer_due = None

    def trip(self, world: World, line: Line) -> Iterator[str]:
        trigger, scope = line["trigger"], line["scope"]
        self.trip_due = "" if self.trip_due else self.trip_due
        if trigger == "daily_loss":
            value, limit = self.lost(world, scope)
        elif trigger == "weekly_loss":
            value, limit = world.week_loss, world.limits.cap("max_weekly_loss", world.measure)
        elif trigger == "equity_floor":
            yield from self.floor(world, line)
            return
        elif trigger in ZONES:
            value = world.high_water - world.equity
            limit = world.high_water * (world.limits.of(ZONES[trigger]) or 0) // MICRO
        else:
            yield f"trip: {trigger} is no trigger"
            return
        figures = {
            "value": value,
            "limit": limit,
            "overshoot": value - (limit or 0),
            "worst_book": self.book_before,
        }
        for name, mine in figures.items():
            if mine is None or money(line[name]) != mine:
                yield f"trip: {name} of {trigger} says {line[name]}, is {shown(mine or 0)}"
        if limit is None or value < limit:
            yield f"trip: {trigger} was not reached"
        if line.get("symbol") != self.cause.get("symbol"):
            yield f"trip: {trigger} says {line.get('symbol')}, it was {self.cause.get('symbol')}"

    def floor(self, world: World, line: Line) -> Iterator[str]:
        floor = world.limits.of("min_account_equity")
        if floor is None or world.equity > floor:
            yield "trip: equity_floor was not reached"
        elif (money(line["value"]), money(line["limit"])) != (world.equity, floor):
            yield f"trip: equity_floor says {line['value']} of {line['limit']}"

    def lost(self, world: World, scope: str) -> tuple[int, int | None]:
        kind, _, name = scope.partition(":")
        row = "max_daily_loss" if scope == "account" else f"{kind}.{name}.max_daily_loss"
        value = world.loss if scope == "account" else -world.profit(**{kind: name})
        return value, world.limits.own(row, world.measure)

    def flat(self, world: World, line: Line) -> Iterator[str]:
        why, books = line["why"], world.ledger.books
        if why in self.began and money(line["pnl"]) != world.equity - self.began[why]:
            yield f"flat: pnl of {why} says {line['pnl']}, is {shown(world.equity - self.began[why])}"
        kind, _, name = line["scope"].partition(":")
        left = {
            (owner, symbol): one.qty
            for (owner, symbol), one in books.items()
            if one.qty and name in ("", {"strategy": owner, "symbol": symbol}.get(kind, ""))
        }
        said = {
            (one["strategy"], one["symbol"]): world.instruments[one["symbol"]].qty(one["qty"])
            for one in line["residue"]
        }
        if said != left:
            yield f"flat: residue says {said}, is {left}"
        if line["confirmed"] and left:
            yield f"P10: flat is confirmed with {left} held"

    def drift(self, world: World, line: Line) -> Iterator[str]:
        cases, control = worst(world), line["control"]
        measure = world.measure
        if control.startswith("C2"):
            one = cases.get(line.get("symbol", ""))
            value, limit = (
                (one.most if one else 0),
                world.limits.cap("max_position_notional", measure, line.get("symbol", "")),
            )
        elif control == "C3.max_gross":
            value, limit = sum(one.most for one in cases.values()), world.limits.cap("max_gross", measure)
        elif control == "C3.max_net":
            long = sum(one.value + one.buys for one in cases.values())
            short = sum(one.sells - one.floor for one in cases.values())
            value, limit = max(long, short), world.limits.cap("max_net", measure)
        else:
            return
        for name, mine in (("value", value), ("limit", limit)):
            if mine is None or money(line[name]) != mine:
                yield f"drift: {name} of {control} says {line[name]}, is {shown(mine or 0)}"
        if limit is not None and value <= limit:
            yield f"drift: {control} is not passed"

    def session(self, world: World, line: Line) -> Iterator[str]:
        if any(self.told.get(name) != line[name] for name in ("venue", "day", "open", "close")):
            yield f"session: {line['day']} is not what the calendar said"
        yield from self.week(world, line)
        if world.session is None and not world.ledger.known:
            return
        first = world.session is None
        for name, mine in (
            ("baseline", world.equity),
            ("high_water", world.equity if first else world.high_water),
        ):
            if money(line[name]) != mine:
                yield f"session: {name} says {line[name]}, is {shown(mine)}"

    def week(self, world: World, line: Line) -> Iterator[str]:
        """Its Monday; the equity and the flows since its first session."""
        day = date.fromisoformat(line["day"])
        monday = (day - timedelta(days=day.weekday())).isoformat()
        goes_on = world.week[0] == monday
        baseline, flows = world.week[1:] if goes_on else (money(line["baseline"]), 0)
        if line.get("week") != monday:
            yield f"session: week says {line.get('week')}, is {monday}"
        for name, mine in (("week_baseline", baseline), ("week_flows", flows)):
            if money(line[name]) != mine:
                yield f"session: {name} says {line[name]}, is {shown(mine)}"

    def close(self, world: World, line: Line) -> Iterator[str]:
        """P10: once, when the close has passed."""
        session, ts = world.session, nanos(line["ts"])
        if session is None or session.day in self.closed or ts < session.close:
            return
        self.closed.add(session.day)
        held = world.ledger.held()
        if world.limits.of("flat_by") == "close" and held:
            warned = self.paged >= session.close - FLATTEN or any(
                one["latch"] != "L14" for one in world.latches.values()
            )
            if not warned:
                yield f"P10: {', '.join(sorted(held))} held at the close of {session.day}, nobody was paged"

    # --- latches

    def set(self, world: World, line: Line) -> Iterator[str]:
        latch, scope, by = line["latch"], line["scope"], line["by"]
        state, positions, _ = TABLE.get(latch, ("", (), ""))
        if line["state"] != state or line["positions"] not in positions:
            yield f"latch: {latch} is {state} and {' or '.join(positions)}"
        held = world.latches.get((latch, scope))
        if held is not None and (line["positions"] == held["positions"] or held["positions"] == "flatten"):
            yield f"latch: {latch} on {scope} is set already"
        if by != "governor":
            word = self.commands[-1] if self.commands else {}
            if self.answer_due is None or (SETTERS.get(word.get("command", "")), word.get("by")) != (
                latch,
                by,
            ):
                yield f"P6: {latch} was set by {by} without a command"
        elif latch in ("L1", "L2", "L3") and (latch, scope) not in self.due:
            yield f"latch: {latch} on {scope} was set and was not due"
        day = world.session.day if world.session else ""
        self.set_at[latch, scope] = (nanos(line["ts"]), day)
        self.began[latch] = world.equity
        self.alarm_due.append(latch)

    def clear(self, world: World, line: Line) -> Iterator[str]:
        latch, scope, by = line["latch"], line["scope"], line["by"]
        found = world.latches.get((latch, scope))
        if found is None:
            yield f"latch: {latch} on {scope} was cleared and not set"
            return
        if any(found[name] != line[name] for name in ("state", "positions")):
            yield f"latch: {latch} on {scope} was set as another"
        since, day = self.set_at[latch, scope]
        if nanos(line["ts"]) - since < DWELL:
            yield f"P6: {latch} was cleared within its dwell"
        how = TABLE.get(latch, ("", (), "never"))[2]
        if how == "never":
            yield f"P6: {latch} was cleared"
        elif how == "evidence":
            if by != "governor":
                yield f"P6: {latch} was cleared by {by}, only evidence clears it"
            said = [what for what in WORDS[latch] if world.sensors.get((what, scope), "ok") != "ok"]
            if said:
                yield f"P6: {latch} on {scope} was cleared although {said[0]} is not ok"
            return
        elif how == "either" and by == "governor":
            if nanos(line["ts"]) - since < COOLDOWN or any(name == "L7" for name, _ in world.latches):
                yield f"P6: {latch} was cleared within its cooldown, or while L7 holds"
            return
        word = self.answer_due
        if word is not None and word["command"] == "confirm":
            asked = [one for one in self.commands[:-1] if one["command"] == "clear"]
            if word["authority"] != "approver" or not asked or word["by"].lower() == by.lower():
                yield f"P6: {latch} was confirmed by {word['by']}, who is not another approver"
            return
        if word is None or word["by"] != by or CLEARERS.get(word["command"], "") not in (None, latch):
            yield f"P6: {latch} was cleared by {by} without a command"
        elif word["authority"] != "secret" or by == "governor":
            yield f"P6: {latch} was cleared by {by} without the operator secret"
        elif (word["command"] == "clear" and word["args"].get("latch") != latch) or word["args"].get(
            "scope"
        ) != scope:
            yield f"P6: {latch} on {scope} was cleared by a command for another"
        elif line.get("reason") != word.get("reason"):
            yield f"P6: {latch} was cleared for another reason than the command's"
        if how == "session" and world.session and world.session.day == day:
            yield f"P6: {latch} was cleared in the session it was set in"
        self.acknowledged = self.acknowledged or latch == "L3"

    # --- after a line was read

    def after(self, world: World, line: Line) -> None:
        """What this line makes due."""
        rung = line["kind"] == "report" and line["what"] == "tick"
        if rung and world.session and nanos(line["ts"]) >= world.session.close - FLATTEN:
            self.began.setdefault("ladder " + world.session.day, world.equity)
            self.began["ladder"] = self.began["ladder " + world.session.day]
        if line["kind"] not in ("mark", "fill", "flow") or world.session is None:
            return
        scopes = ["account"]
        for row in world.limits.rows:
            if row.endswith(".max_daily_loss"):
                kind, _, name = row.removesuffix(".max_daily_loss").partition(".")
                scopes.append(f"{kind}:{name}")
        for scope in scopes:
            value, limit = self.lost(world, scope)
            if limit is not None and value >= limit:
                self.due.add(("L1", scope))
        self.zones(world)

    def zones(self, world: World) -> None:
        fall, high = world.high_water - world.equity, world.high_water

        def reached(zone: str) -> bool:
            share = world.limits.of(ZONES[zone])
            return share is not None and fall * MICRO >= share * high

        caution = reached("caution")
        if caution and not self.in_caution and not world.latches:
            self.trip_due = "caution"
        if not caution:
            self.acknowledged = False
        self.in_caution = caution
        week, floor = (
            world.limits.cap("max_weekly_loss", world.measure),
            world.limits.of("min_account_equity"),
        )
        if (week is not None and world.week_loss >= week) or (floor is not None and world.equity <= floor):
            self.due.add(("L2", "account"))
        if reached("halt"):
            self.due.add(("L2", "account"))
        elif reached("restrict") and not self.acknowledged and ("L2", "account") not in world.latches:
            self.due.add(("L3", "account"))
