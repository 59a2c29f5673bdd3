"""`flyball top`: a running governor on one screen."""

import getpass
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from flyball.api.client import GovernorNotReachable, ask
from flyball.api.protocol import Reply, Request
from flyball.commands.words import DIR, fail


class Refused(Exception):  # noqa: N818 - what it is
    """The governor answered, and said no."""


@click.command()
@DIR
@click.option("--once", is_flag=True, help="Print the screen once, without taking over the terminal.")
def top(folder: str, once: bool) -> None:
    """A running governor on one screen, anew every second: state and why, the way to the close, positions,
    orders, the limits with the least room. `p` then `y` is panic.

    Example: flyball top --dir desk
    """
    from flyball.compose.places import SOCKET
    from flyball.machine.files import steady
    from flyball.machine.socket import connect

    where = str(Path(folder).resolve() / SOCKET)

    def said(request: Request) -> Reply:
        return ask(lambda: connect(where), request)

    def view(what: str) -> dict[str, Any]:
        reply = said(Request(what=what))
        if reply.error is not None:
            raise Refused(reply.error.message)
        return reply.data

    def press() -> str:
        request = Request(
            what="panic", args={"cancel_only": "no"}, by=getpass.getuser(), reason="flyball top"
        )
        try:
            reply = said(request)
        except GovernorNotReachable as gone:
            return f"NOT DONE: {gone}"
        return f"NOT DONE: {reply.error.message}" if reply.error else "panic is set: cancelling, then flat"

    remedy = f"If it stays so: flyball runbook panic --dir {folder}"
    if once or not sys.stdout.isatty():
        try:
            _print(view("status"), view("limits"))
        except GovernorNotReachable as gone:
            fail(3, str(gone))
        return
    try:
        from flyball.desk.top.app import Top
    except ImportError:
        fail(2, "flyball top needs the terminal extra: pip install 'flyball[tui]'; or flyball top --once")
    Top(view, press, steady, remedy, (GovernorNotReachable, Refused)).run()


def _print(status: dict[str, Any], limits: dict[str, Any]) -> None:
    from rich.console import Console

    from flyball.desk.top.screen import screen

    Console().print(screen(status, limits))
