"""The `flyball` command: names every command and imports only the one that was asked for.

Exit codes: 0 done, 1 the answer is no, 2 usage or configuration, 3 governor not reachable, 4 integrity.
"""

import importlib
import sys

import rich_click as click

COMMANDS = {
    # name: (module, function, one line)
    "init": ("flyball.commands.init", "init", "write a commented flyball.toml and set the operator secret"),
    "demo": ("flyball.commands.demo", "demo", "watch the governor hold a wild bot on real prices"),
    "run": ("flyball.commands.run", "run", "govern your own bot"),
    "status": ("flyball.commands.ask", "status", "what a running governor is doing"),
    "limits": ("flyball.commands.ask", "limits", "headroom, and which cap binds first"),
    "why": ("flyball.commands.books", "why", "explain one decision"),
    "pause": ("flyball.commands.ask", "pause", "only reductions from now on; resume ends it"),
    "resume": ("flyball.commands.ask", "resume", "end a pause (operator secret)"),
    "freeze": ("flyball.commands.ask", "freeze", "no adding until an operator clears it"),
    "clear": ("flyball.commands.ask", "clear", "clear a latch (operator secret)"),
    "cancel": ("flyball.commands.ask", "cancel", "cancel one order"),
    "flatten": ("flyball.commands.ask", "flatten", "pause and bring a scope to zero"),
    "panic": ("flyball.commands.ask", "panic", "halt, cancel everything, get flat"),
    "journal": ("flyball.commands.books", "journal", "verify or export the journal"),
    "report": ("flyball.commands.books", "report", "write the report of a run as one HTML file"),
    "lab": ("flyball.commands.lab", "lab", "the proving ground: benches and planted bugs"),
}


class Lazy(click.RichGroup):
    """A group that imports a command when it is used; help needs only the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        command = getattr(importlib.import_module(found[0]), found[1])
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, says) for name, (_, _, says) in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flyball")
def cli() -> None:
    """A governor for trading bots: lets through what you allowed, refuses the rest, gets flat, proves it.

    Begin with `flyball demo`.
    """
    if not __debug__:
        sys.exit("flyball does not run under `python -O`: its assertions are part of its safety")
