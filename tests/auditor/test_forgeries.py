"""Forgeries, made as a cheat would: each is found, and named by what was done."""

import json
import re
from collections.abc import Callable

import pytest

from tests.auditor.audit import Audit
from tests.auditor.forging import Lines, changed, find, is_a, renumbered, richer, value, without
from tests.auditor.reading import money, shown

Forge = Callable[[Lines], Lines]


def fill_price_shaved(lines: Lines) -> Lines:
    """A purchase one cent cheaper, the difference taken out of the account and every later figure of it."""
    at = find(lines, is_a("fill", side="buy"), 200)
    old = lines[at]
    shaved = {**old, "price": shown(money(old["price"]) - 10_000)}
    return richer(changed(lines, at, price=shaved["price"]), at, value(old) - value(shaved))


def fill_dropped(lines: Lines) -> Lines:
    """A sale that never was; cash and positions of the next answers are left to the reader's good faith."""
    at = find(lines, is_a("fill", side="sell"), 200)
    return richer(without(lines, at), at, money(lines[at]["fee"]) - value(lines[at]))


def fill_booked_twice(lines: Lines) -> Lines:
    """The same execution once more under another id."""
    at = find(lines, is_a("fill", side="sell"), 200)
    twin = {**lines[at], "fill_id": lines[at]["fill_id"] + "0"}
    return renumbered([*lines[: at + 1], twin, *lines[at + 1 :]])


def fill_moved_to_another_book(lines: Lines) -> Lines:
    """A strategy's execution becomes the other's, of an order for the same symbol and side."""
    for at, line in enumerate(lines):
        if line["kind"] != "fill" or line["client_order_id"].split("-")[3] != "trend":
            continue
        for other in lines[:at]:
            if is_a("order", strategy="fade", symbol=line["symbol"], side=line["side"])(other):
                return changed(lines, at, client_order_id=other["client_order_id"])
    raise AssertionError("no two orders of the same symbol and side")


def fee_removed(lines: Lines) -> Lines:
    at = find(lines, is_a("fill", side="buy"), 100)
    return richer(changed(lines, at, fee="0"), at, money(lines[at]["fee"]))


def decision_raised(lines: Lines) -> Lines:
    """A clip to less becomes a clip to more, in the decision and in the order that carries it out."""
    at = find(lines, lambda line: is_a("decision", verdict="clip")(line) and line["adds"])
    more = str(int(lines[at]["qty"]) + 1)
    order = find(lines, is_a("order", decision=lines[at]["seq"]))
    return changed(changed(lines, at, qty=more), order, qty=more)


def order_without_decision(lines: Lines) -> Lines:
    """An order, sent and acknowledged like any other, that nobody decided."""
    at = find(lines, lambda line: is_a("order")(line) and line["adds"], 300)
    forged = {**lines[at], "client_order_id": "fbshop-1-99991-trend-1", "strategy": "trend"}
    forged = {name: one for name, one in forged.items() if name not in ("decision", "intent")}
    sent = {"v": 1, "seq": 0, "ts": forged["ts"], "kind": "update", "state": "SENT", "attempt": 1}
    sent["client_order_id"] = forged["client_order_id"]
    return renumbered([*lines[:at], {**forged, "seq": -1}, sent, *lines[at:]])


def order_under_a_latch(lines: Lines) -> Lines:
    """The latch was on; its clearing, and the command for it, moved behind the next purchase."""
    cleared = find(lines, is_a("latch", action="cleared"))
    after = find(lines, lambda line: is_a("order")(line) and line["adds"], cleared) + 1
    ts = lines[after - 1]["ts"]
    clearing = [{**line, "ts": ts} for line in lines[cleared - 1 : cleared + 2]]
    return renumbered([*lines[: cleared - 1], *lines[cleared + 2 : after], *clearing, *lines[after:]])


def latch_cleared_by_itself(lines: Lines) -> Lines:
    """Nobody said so: the command is gone, and its answer."""
    at = find(lines, is_a("latch", action="cleared"))
    return without(lines, at - 1, at + 1)


def latch_cleared_without_secret(lines: Lines) -> Lines:
    return changed(lines, find(lines, is_a("command", command="clear")), authority="socket")


def latch_never_set(lines: Lines) -> Lines:
    """The daily loss did not trip: latch, alert and report are gone."""
    at = find(lines, is_a("latch", action="set"))
    return without(lines, at - 1, at, at + 1)


def limit_loosened_in_config(lines: Lines) -> Lines:
    """A higher cap, as if the profile said so, and written into the evidence of every decision."""
    at = find(lines, is_a("config"))
    limits = {**lines[at]["limits"]}
    limits["max_position_notional"] = {**limits["max_position_notional"], "value": "50000"}
    found = changed(lines, at, limits=limits)
    for at, line in enumerate(found):
        own = line.get("controls", {}).get("C2.max_position_notional", [None, None])
        if own[1] is not None:
            found[at] = {
                **line,
                "controls": {**line["controls"], "C2.max_position_notional": [own[0], "50000"]},
            }
    return found


def limit_loosened_at_a_start(lines: Lines) -> Lines:
    """The second start brings a looser row, said to be the file's."""
    at = find(lines, is_a("config"), find(lines, is_a("epoch", epoch=2)))
    row = {"value": "30000", "unit": "money", "origin": "flyball.toml:9"}
    return changed(lines, at, limits={**lines[at]["limits"], "max_position_notional": row})


def mark_hides_a_loss(lines: Lines) -> Lines:
    """The mark that tripped the daily loss shows a better price; trip, latch and alarm are gone."""
    at = find(lines, is_a("report", what="trip", trigger="daily_loss"))
    mark = max(n for n in range(at) if lines[n]["kind"] == "mark")
    kind = lines[mark]
    better = {"last": kind["low"]}
    return without(changed(lines, mark, **better), at, at + 1, at + 2)


def records_swapped(lines: Lines) -> Lines:
    """An order stands before the decision it carries out."""
    at = find(lines, is_a("order"), 100)
    assert is_a("decision")(lines[at - 1])
    return renumbered([*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]])


def refusal_hidden(lines: Lines) -> Lines:
    """A bot never asked for what was refused."""
    at = find(lines, is_a("decision", verdict="reject"), 300)
    return without(lines, at - 1, at)


def reason_changed(lines: Lines) -> Lines:
    """Refused for another reason than the true one."""
    at = find(lines, lambda line: is_a("decision")(line) and line["codes"] == ["RATE_SPACING"])
    return changed(lines, at, codes=["MARKET_RESTRICTED"])


def epoch_missing(lines: Lines) -> Lines:
    """There was no second start."""
    at = find(lines, is_a("epoch", epoch=2))
    return without(lines, at)


def another_id_on_a_retry(lines: Lines) -> Lines:
    """No answer came, so the same was sent once more under a new name."""
    doubt = find(lines, is_a("update", state="IN_DOUBT"))
    order = lines[find(lines, is_a("order", client_order_id=lines[doubt]["client_order_id"]))]
    words = order["client_order_id"].split("-")
    again = {
        **order,
        "seq": -1,
        "ts": lines[doubt]["ts"],
        "client_order_id": "-".join([*words[:2], "99992", *words[3:]]),
    }
    return renumbered([*lines[: doubt + 1], again, *lines[doubt + 1 :]])


def high_water_lowered(lines: Lines) -> Lines:
    """The day begins as if less had ever been there, so that less is lost of it."""
    at = find(lines, is_a("session"), find(lines, is_a("session")) + 1)
    return changed(lines, at, high_water=shown(money(lines[at]["high_water"]) - 1_000_000))


def position_hidden(lines: Lines) -> Lines:
    """The broker's answer no longer has a position."""
    at = find(lines, lambda line: is_a("account")(line) and bool(line["positions"]))
    return changed(lines, at, positions={})


def dividend_kept(lines: Lines) -> Lines:
    """Half of the dividend goes elsewhere."""
    at = find(lines, is_a("report", what="moved"))
    half = money(lines[at]["cash"]) // 2
    return richer(changed(lines, at, cash=shown(half)), at, half - money(lines[at]["cash"]))


FORGERIES: list[tuple[str, Forge, str]] = [
    ("shopped", fill_price_shaved, r"evidence C5\.max_daily_turnover"),
    ("shopped", fill_dropped, r"P9: .* (executed, .* told|is open after its session)"),
    ("shopped", fill_booked_twice, r"fill .* of \d+, \d+ of .* are open"),
    ("shopped", fill_moved_to_another_book, r"fill .* of \d+, \d+ of .* are open"),
    ("shopped", fee_removed, r"evidence C5\.max_daily_cost"),
    ("shopped", decision_raised, r"verdict: says clip"),
    ("shopped", order_without_decision, r"P1: order fbshop-1-99991-trend-1 has no decision"),
    ("latched", order_under_a_latch, r"P5: .* adds under L1"),
    ("latched", latch_cleared_by_itself, r"P6: L1 was cleared by demo-operator without a command"),
    ("latched", latch_cleared_without_secret, r"P6: L1 was cleared by .* without the operator secret"),
    ("latched", latch_never_set, r"P5: L1 on account was due and is not set"),
    ("shopped", limit_loosened_in_config, r"P11: max_position_notional says 50000 by profile demo"),
    ("restarted", limit_loosened_at_a_start, r"P11: max_position_notional looser than what was in force"),
    ("latched", mark_hides_a_loss, r"P1: \S+ by L1, which is not set"),
    ("shopped", records_swapped, r"P1: order .* without a decision"),
    ("shopped", refusal_hidden, r"evidence C21\.intents_remembered"),
    ("shopped", reason_changed, r"codes: says \['MARKET_RESTRICTED'\], is \['RATE_SPACING'\]"),
    ("restarted", epoch_missing, r"epoch: 3 behind 1"),
    ("shopped", another_id_on_a_retry, r"P4: decision \d+ is carried out as"),
    ("shopped", high_water_lowered, r"session: high_water says"),
    ("held", position_hidden, r"P9: position \w+ says \{\}"),
    ("held", dividend_kept, r"action: \w+ gets"),
]


@pytest.mark.parametrize(
    ("name", "forge", "finding"), FORGERIES, ids=[forge.__name__ for _, forge, _ in FORGERIES]
)
def test_a_forgery_is_found(name: str, forge: Forge, finding: str, request: pytest.FixtureRequest) -> None:
    honest = [json.loads(text) for text in request.getfixturevalue(name)]
    forged = [json.dumps(line) for line in forge(honest)]
    one = Audit()
    for text in forged:
        one.read(text)
        if any(re.search(finding, said) for said in one.findings):
            return
    pytest.fail(f"not found: {one.findings[:10]}")


def test_renumbering_alone_changes_nothing(shopped: list[str]) -> None:
    """What the cheat's tools do by themselves is no finding: the forgeries are found for what they are."""
    honest = [json.loads(text) for text in shopped]
    assert renumbered(honest) == honest
    assert richer(honest, 0, 0) == honest
