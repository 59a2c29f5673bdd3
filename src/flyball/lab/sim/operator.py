"""Whoever sits at the socket of a simulated governor: sends request lines, as a person's client would, and
reads the replies.

Restless, it pauses, freezes, flattens, panics, cancels, asks and forgets its secret, at drawn times. Diligent
(the liveness phase) it does what a careful person does: clears what may be cleared, resumes what is paused,
resolves what stays in doubt. It knows only what the socket tells it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec

from flyball.api import secret
from flyball.api.protocol import SECRET_WRONG, Request, request_line
from flyball.api.words import WORDS
from flyball.broker.chaos_truth import Outside
from flyball.kernel.events import Fill
from flyball.kernel.units import MINUTE, MONEY_EXP, MS, NS, show
from flyball.kernel.words import FINAL_STATES, IN_DOUBT
from flyball.lab.sim.draw import Draw

SECRET: Final = "K7QFM-2ZD8T-RX0VA-9GHJN"
NAMES: Final = ("ann", "bob", "")
WRONG: Final = "00000-00000-00000-00000"
BY_ITSELF: Final = ("L3m", "L7", "L8", "L9a", "L9b", "L10", "L11", "L12")  # no person clears these
LOOSENING: Final = ("resume", "clear", "resolve", "approve")
SOON: Final = 35 * NS  # a latch has to hold for 30 s before it may be cleared
SELDOM: Final = 10 * MINUTE
LOOKS: Final = 4  # at an order that nobody explains, before it is resolved by hand
WATCHED: Final = ("latches", "orders", "session_open")
KEPT: Final = 200

verify: Final = cache(secret.verify)
"""`Control`'s `compare` for a simulation: the real one, which is slow on purpose, once for each secret."""

Handle = Callable[[bytes, int], Awaitable[bytes]]


@cache
def stored() -> str:
    """The line that is kept of SECRET."""
    return secret.hashed(SECRET, Draw(1, "salt"))


@dataclass
class Operator:
    """A person with a name and the secret; outlives the governor. `gap` is how often it acts, ns, drawn from
    half to one and a half of it; `scopes` are the scopes it thinks of. `page` is the broker's own page, where
    a person sees what nobody told the governor; `units` are its symbols' (price, quantity) exponents.
    """

    draw: Draw
    gap: int
    scopes: tuple[str, ...] = ("account",)
    words: tuple[str, ...] = ("pause", "resume", "freeze", "clear", "flatten", "panic", "cancel", "status")
    diligent: bool = False
    page: Callable[[], Outside | None] | None = None
    units: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    pressed: Callable[[], None] = lambda: None  # called when it panics
    looks: Counter[str] = field(default_factory=Counter)  # at orders that nobody explains
    said: Counter[str] = field(default_factory=Counter)  # word and how it was answered
    seen: dict[str, Any] = field(default_factory=dict)  # the last status
    unchanged: int = 0  # looks in a row that showed the same latches and orders
    replies: list[tuple[str, str]] = field(default_factory=list)  # (request, reply), the newest KEPT

    def next_in(self) -> int:
        """How long until it acts again, ns. In diligence soon, and less often while nothing changes."""
        if self.diligent:
            return min(SOON << min(self.unchanged, 8), SELDOM)
        return self.draw.between(self.gap // 2, self.gap * 3 // 2) + self.draw.below(MS)

    async def act(self, handle: Handle) -> None:
        """Do one thing, or in diligence all that is to be done now."""
        if self.diligent:
            await self.tidy(handle)
        else:
            await self.meddle(handle)

    async def meddle(self, handle: Handle) -> None:
        """One thing on a whim."""
        what = self.draw.pick(self.words)
        if what == "panic" and self.draw.happens(600_000):
            what = "status"
        scope = self.draw.pick(self.scopes)
        if what in ("pause", "freeze", "flatten"):
            await self.say(handle, what, scope=scope)
        elif what == "panic":
            await self.panic(handle)
        elif what == "cancel":
            orders = (await self.look(handle)).get("orders", [])
            order = self.draw.pick(orders)["order"] if orders else "fbsim-1-1-s1-1"
            await self.say(handle, "cancel", order=order)
        elif what == "clear":
            held = (await self.look(handle)).get("latches", [])
            if held:
                latch = self.draw.pick(held)
                for wrong in self.tries():
                    await self.clear(handle, latch, wrong=wrong)
        elif what == "resume":
            for wrong in self.tries():
                await self.say(handle, "resume", wrong=wrong, scope=scope)
        elif what in ("approve", "reject"):
            await self.propose(handle, what)
        elif what in WORDS and not WORDS[what].args:
            await self.say(handle, what)

    async def panic(self, handle: Handle) -> None:
        """Once or twice, to get flat or only to cancel."""
        only = "yes" if self.draw.happens(300_000) else "no"
        for _ in range(self.draw.between(1, 2)):
            self.pressed()
            await self.say(handle, "panic", cancel_only=only)

    async def propose(self, handle: Handle, what: str) -> None:
        """Approve looser limits that wait, or reject them or what was approved."""
        reply = await self.say(handle, "config")
        terms = reply["data"] if reply.get("ok") else {}
        waiting = [*terms.get("pending", []), *(terms.get("loosened", []) if what == "reject" else [])]
        if not waiting:
            return
        proposal = str(self.draw.pick(waiting)["proposal"])
        if what == "reject":
            await self.say(handle, "reject", proposal=proposal)
            return
        since = datetime.fromisoformat(waiting[0]["since"][:19] + "+00:00")
        expires = int(since.timestamp()) * NS + self.draw.between(1, 48) * 60 * MINUTE
        for wrong in self.tries():
            await self.say(handle, "approve", wrong=wrong, proposal=proposal, expires=str(expires))

    def tries(self) -> tuple[bool, ...]:
        """Whether the secret is wrong, each time it tries: mostly once and right."""
        return self.draw.pick(((False,),) * 8 + ((True,), (True, False)))

    async def tidy(self, handle: Handle) -> None:
        """What a careful person does: look, clear, resume, say what became of what nobody explains."""
        before = [self.seen.get(what) for what in WATCHED]
        status = await self.look(handle)
        same = before == [status.get(what) for what in WATCHED]
        self.unchanged = self.unchanged + 1 if same else 0
        for order in status.get("orders", []):
            if order["state"] == IN_DOUBT or order["state"] in FINAL_STATES:
                self.looks[order["order"]] += 1
                if self.looks[order["order"]] >= LOOKS:
                    await self.explain(handle, order["order"])
        for latch in status.get("latches", []):
            if latch["latch"] == "L14":
                await self.say(handle, "resume", scope=latch["scope"])
            elif latch["latch"] not in BY_ITSELF:
                await self.clear(handle, latch, wrong=False)

    async def explain(self, handle: Handle, order: str) -> None:
        """Resolve an order by the broker's page, once that says how it ended."""
        page = self.page() if self.page is not None else None
        if page is None or "resolve" not in WORDS or order in page.on_the_way:
            return
        there = page.orders.get(order)
        if there is None:
            await self.say(handle, "resolve", order=order, outcome="never")
            return
        price_exp, qty_exp = self.units[there.placed.symbol]
        untold = {e.fill_id for e in page.untold if isinstance(e, Fill)}
        missing = [f for f in page.fills if f.client_id == order and f.fill_id in untold]
        qty = sum(f.qty for f in missing)
        if there.state not in FINAL_STATES:
            return
        if qty == 0:
            await self.say(handle, "resolve", order=order, outcome="never")
            return
        price = sum(f.qty * f.price for f in missing) // qty
        outcome = f"{show(qty, qty_exp)}@{show(price, price_exp)}"
        fee = show(sum(f.fee for f in missing), MONEY_EXP)
        await self.say(handle, "resolve", order=order, outcome=outcome, fee=fee)

    async def clear(self, handle: Handle, latch: dict[str, Any], *, wrong: bool) -> None:
        """Clear a latch as `status` shows it."""
        args = {"latch": latch["latch"], "scope": latch["scope"]}
        if latch["latch"] == "L2":
            args["rebase"] = "yes"
        await self.say(handle, "clear", wrong=wrong, **args)

    async def look(self, handle: Handle) -> dict[str, Any]:
        """The status, remembered."""
        reply = await self.say(handle, "status")
        if reply.get("ok"):
            self.seen = reply["data"]
        return self.seen

    async def say(self, handle: Handle, what: str, *, wrong: bool = False, **args: str) -> dict[str, Any]:
        """One request; its reply, decoded."""
        loosens = what in LOOSENING
        request = Request(
            what=what,
            args=args,
            by=NAMES[0] if loosens else self.draw.pick(NAMES),
            reason="looked into it" if loosens or self.draw.happens(500_000) else "",
            secret=(WRONG if wrong else SECRET) if loosens else "",
        )
        line = request_line(request)
        answer: dict[str, Any] = msgspec.json.decode(await handle(line, 1_000))
        outcome = "done" if answer.get("ok") else answer["error"]["code"]
        self.said[f"{what} {outcome}"] += 1
        self.replies.append((what, outcome))
        del self.replies[:-KEPT]
        assert not (wrong and loosens) or outcome in (SECRET_WRONG, "BUSY", "SECRET_NEEDED"), answer
        return answer
