"""`flyball resolve`: a named operator says what became of an order that nobody else explains (B21)."""

import getpass

import rich_click as click

from flyball.api.protocol import Request
from flyball.commands.ask import BY, SECRET, say, secret_of, show
from flyball.commands.words import DIR, JSON, fail


@click.command()
@click.argument("order")
@DIR
@click.option("--never", is_flag=True, help="It never arrived, or nothing more of it was executed.")
@click.option("--filled", metavar="QTY@PRICE", help="This much was executed, at this price; the rest never.")
@click.option("--fee", default="0", show_default=True, help="With --filled: what the broker charged.")
@click.option(
    "--evidence", required=True, help="What shows it; written into the journal. Example: statement, page 2"
)
@BY
@SECRET
@JSON
def resolve(
    order: str,
    folder: str,
    never: bool,
    filled: str | None,
    fee: str,
    evidence: str,
    by: str | None,
    secret_file: str | None,
    as_json: bool,
) -> None:
    """Say what became of an order in doubt, or of fills that the broker states and never tells. Needs the
    operator secret and evidence. What the broker says later counts, and is booked once.

    Example: flyball resolve fbmain-1-17-mybot-1 --filled 10@101.25 --fee 0.35 --evidence "statement, page 2"
    """
    if never == (filled is not None):
        fail(2, "say either --never or --filled QTY@PRICE")
    args = {"order": order, "outcome": filled or "never", "fee": fee}
    request = Request(
        what="resolve",
        args=args,
        by=by or getpass.getuser(),
        reason=evidence,
        secret=secret_of(secret_file),
    )
    text = f"resolve: done ({order}: {filled or 'never'})"
    show(say(folder, request), as_json=as_json, text=text)
