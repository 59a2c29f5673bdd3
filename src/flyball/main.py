"""The `flyball` command: names every command and imports only the one that was asked for.

Exit codes: 0 done, 1 the answer is no, 2 usage or configuration, 3 governor not reachable, 4 integrity.
"""

import importlib
import sys

import rich_click as click

COMMANDS = {
    "init": ("flyball.commands.init", "init"),
    "demo": ("flyball.commands.demo", "demo"),
    "run": ("flyball.commands.run", "run"),
    "status": ("flyball.commands.ask", "status"),
    "limits": ("flyball.commands.ask", "limits"),
    "top": ("flyball.commands.top", "top"),
    "why": ("flyball.commands.books", "why"),
    "pause": ("flyball.commands.ask", "pause"),
    "resume": ("flyball.commands.ask", "resume"),
    "freeze": ("flyball.commands.ask", "freeze"),
    "clear": ("flyball.commands.ask", "clear"),
    "cancel": ("flyball.commands.ask", "cancel"),
    "resolve": ("flyball.commands.resolve", "resolve"),
    "flatten": ("flyball.commands.ask", "flatten"),
    "panic": ("flyball.commands.panic", "panic"),
    "approve": ("flyball.commands.approve", "approve"),
    "reject": ("flyball.commands.approve", "reject"),
    "confirm": ("flyball.commands.approve", "confirm"),
    "review": ("flyball.commands.ask", "review"),
    "config": ("flyball.commands.config", "config"),
    "journal": ("flyball.commands.books", "journal"),
    "report": ("flyball.commands.books", "report"),
    "controls": ("flyball.commands.controls", "controls"),
    "sensors": ("flyball.commands.sensors", "sensors"),
    "drill": ("flyball.commands.controls", "drill"),
    "brief": ("flyball.commands.brief", "brief"),
    "replay": ("flyball.commands.replay", "replay"),
    "alerts": ("flyball.commands.alerts", "alerts"),
    "lab": ("flyball.commands.lab", "lab"),
    "paper": ("flyball.commands.paper", "paper"),
    "sentinel": ("flyball.commands.sentinel", "sentinel"),
    "runbook": ("flyball.commands.runbook", "runbook"),
}


class Lazy(click.RichGroup):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        command = getattr(importlib.import_module(found[0]), found[1])
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flyball")
def cli() -> None:
    """A governor for trading bots: lets through what you allowed, refuses the rest, gets flat, proves it.

    Begin with `flyball demo`.
    """
    if not __debug__:
        sys.exit("flyball does not run under `python -O`: its assertions are part of its safety")
