"""What to do from a phone when all of ours is gone: a sheet to print, with this desk's own paths on it.

It names no telephone number: a wrong one costs the minute it was printed for. The broker's stands on its own
site and statements; the desk's owner writes it on the sheet.
"""

from typing import Final

Section = tuple[str, tuple[str, ...]]

WHERE: Final[dict[str, str]] = {
    "alpaca": "the support section of alpaca.markets, and your account's own dashboard",
    "ibkr": "interactivebrokers.com, Contact: the trade desk of your region",
    "coinbase": "help.coinbase.com, signed in",
    "paper": "nobody: the paper broker is a process of yours",
}

PHONE: Final[dict[str, tuple[str, ...]]] = {
    "alpaca": (
        "Sign in at app.alpaca.markets in the phone's browser. Look twice: the live account, or paper?",
        "Orders: cancel all of them. Wait until the list is empty; look again after a minute.",
        "Positions: close each one (or close all). With the market closed the orders wait for its opening.",
        "Stop the bot for good: API Keys, regenerate or delete the key. Whoever holds the old one is out.",
    ),
    "ibkr": (
        "IBKR Mobile: Orders, cancel all. A second session may throw out the gateway: let it.",
        "Portfolio: each position, Close Position, as a limit order near the market.",
        "Orders that the bot placed are shown whatever placed them; a bracket's children go with the parent.",
        "If you cannot sign in: call the trade desk, have the account number and your identification ready.",
    ),
    "coinbase": (
        "The app, Advanced: Orders, cancel all open ones.",
        "Each holding: sell into the currency you want to end in. There is no button for all of them.",
        "Stop the bot for good: API keys (portal.cdp.coinbase.com), delete the key.",
    ),
    "paper": ("Nothing is at stake: stop the processes `flyball run` and `flyball paper`.",),
}


def sheet(*, broker: str, account: str, folder: str, phone: str, keys: str, kill_file: str) -> list[Section]:
    """The sheet's sections: a title, and what to do, in order. "" for what is not known."""
    brokers = [broker] if broker in PHONE else list(PHONE)
    direct = f"flyball panic --direct --keys {folder}/{keys}"
    known = (
        f"Account: {account or '______________________'}",
        f"Broker: {broker or '______________________'}",
        f"Broker's phone: {phone or '______________________'}",
        *(f"  {name}: {WHERE[name]}" for name in brokers),
        "Who else may decide: ______________________",
    )
    machine = (
        "1. flyball panic --dir " + folder,
        f"2. no answer: touch {folder}/{kill_file}   (seen within a second, by the sentinel too)",
        f"3. still not flat after a minute: {direct}",
        f"   to see first what it would do: {direct} --dry-run",
        f"   to lock the account once it is flat: {direct} --lock",
        "4. FLAT CONFIRMED is the broker's own word, heard twice. LEFT names what is not, and why.",
    )
    after = (
        "Believe the broker's own list, not ours, not the bot's.",
        "Write down what was open and when it was closed: the governor books it as somebody else's doing.",
        f"Before the next start: read `flyball brief`, then remove {folder}/{kill_file}, then clear L4.",
        "A press of 3. that was killed may leave shorting switched off at the broker (no_shorting). Look.",
    )
    by_phone: list[Section] = [(f"From a phone: {name}", PHONE[name]) for name in brokers]
    return [
        ("Who", known),
        ("With a shell on any machine that has the keys file", machine),
        *by_phone,
        ("Afterwards", after),
    ]


def as_text(sections: list[Section]) -> str:
    """The sheet on paper."""
    parts = ["PANIC WITHOUT US"]
    for title, lines in sections:
        parts.append("\n".join([title.upper(), *(f"  {line}" for line in lines)]))
    return "\n\n".join(parts)
