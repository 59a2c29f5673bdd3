"""`flyball brief`: what happened while I was away."""

import json

import rich_click as click

from flyball.commands.bar import Bar
from flyball.commands.books import journal_folder
from flyball.commands.words import DIR, JSON, fail


@click.command()
@DIR
@click.option(
    "--since",
    default="last",
    show_default=True,
    help="A span of the journal's time (8h, 30min, 2d), a time, or last: since an operator's last command.",
)
@JSON
def brief(folder: str, since: str, as_json: bool) -> None:
    """What happened while I was away: what needs a person, money, refusals, latches, trouble, what is open.

    From the journal alone, governor running or not. `last` is the last session's start when no operator has
    said anything yet.

    Example: flyball brief --since 8h --dir flyball-demo
    """
    from flyball.compose.briefing import NoSuchTime, brief_of
    from flyball.compose.replays import checked
    from flyball.desk.brief_json import brief_json
    from flyball.desk.brief_text import brief_text
    from flyball.journal.errors import JournalError
    from flyball.runtime.recover import ReplayDiffers

    journal = journal_folder(folder)
    try:
        with Bar("journal", checked(journal).records) as bar:
            found = brief_of(journal, since, bar.advance)
    except NoSuchTime as wrong:
        fail(2, str(wrong))
    except (JournalError, ReplayDiffers) as damage:
        fail(4, str(damage))
    if as_json:
        click.echo(json.dumps(brief_json(found), indent=2))
        return
    for line in brief_text(found):
        click.echo(line)
