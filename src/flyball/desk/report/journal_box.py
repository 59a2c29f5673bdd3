"""Where the run's record lies, what it hashes to, whether it was verified, and the command that does so
again.
"""

from collections.abc import Sequence

from flyball.desk.report.svg import element, text
from flyball.desk.summary import Summary

HASHES = ("head", "state_hash", "book_hash")
AGREES = (
    "equity, recomputed from fills, fees, prices and flows, agrees with every baseline, high-water mark"
    " and trip"
)


def journal_box(s: Summary, commands: Sequence[str]) -> str:
    """A list of facts; what is not known is left out."""
    end = s.finished
    facts: list[tuple[str, str]] = []
    if end.get("path"):
        facts.append(("journal", _mono(end["path"])))
    facts.append(("holds", text(_holds(s))))
    facts += [(key.replace("_", " "), _mono(end[key])) for key in HASHES if end.get(key)]
    if end:
        facts.append(("verified", _verified(end["verified"])))
    facts += [("verify", _mono(command)) for command in commands if "journal verify" in command]
    facts.append(("consistent", _consistent(s)))
    listed = (element("dt", None, text(name)) + element("dd", None, said) for name, said in facts)
    return element("dl", {"class": "facts"}, *listed)


def _mono(value: object) -> str:
    return element("span", {"class": "mono"}, text(value))


def _holds(s: Summary) -> str:
    said = f"{s.seq:,} records, {s.events:,} of them events"
    if s.finished.get("recovered"):
        said += f"; {s.finished['recovered']:,} recovered from an earlier start, {s.finished['new']:,} new"
    return said


def _verified(verified: object) -> str:
    if verified is None:
        return element("span", {"class": "soft"}, "not in this run")
    said = "yes: every byte, against the head" if verified else "NO: what is there is not what was written"
    return element("span", {"class": "good" if verified else "bad"}, said)


def _consistent(s: Summary) -> str:
    if s.consistent:
        return element("span", {"class": "good"}, f"yes: {AGREES}")
    wrong = "<br/>".join(text(fault) for fault in s.faults)
    return element("span", {"class": "bad"}, f"NO, {s.faulted} times:<br/>{wrong}")
