"""`flyball init`: a commented flyball.toml and an operator secret, ready to be read and changed."""

from pathlib import Path

import rich_click as click

from flyball.commands.words import fail


@click.command()
@click.argument("folder", type=click.Path(file_okay=False), default=".")
@click.option(
    "--profile",
    type=click.Choice(["demo", "micro", "standard", "crypto"]),
    default="micro",
    show_default=True,
    help="Whose limits to begin with.",
)
@click.option("--bot", default="bot.py:Bot", show_default=True, help="package.module:name or file.py:name.")
@click.option("--strategy", default="my-bot", show_default=True, help="What to call it.")
@click.option("--data", default="bars.csv", show_default=True, help="Its prices, CSV or Parquet.")
def init(folder: str, profile: str, bot: str, strategy: str, data: str) -> None:
    """Write a commented flyball.toml and set the operator secret.

    The secret is shown once and only its hash is kept; it is what clears latches. Nothing that exists is
    overwritten.

    Example: flyball init desk --profile micro --bot bot.py:Bot
    """
    from flyball.api.secret import generate, hashed
    from flyball.compose.places import SECRET_FILE
    from flyball.config.problems import ConfigError
    from flyball.config.template import init_text
    from flyball.machine.chance import OsRandom
    from flyball.machine.disk import RealDisk
    from flyball.machine.files import make_folder

    root = Path(folder)
    make_folder(root)
    disk = RealDisk(str(root))
    if disk.exists("flyball.toml"):
        fail(2, f"{root / 'flyball.toml'} exists; edit it, or name another folder")
    try:
        text = init_text(profile, file=data, strategy=strategy, bot=bot)
    except ConfigError as wrong:
        fail(2, str(wrong))
    disk.replace("flyball.toml", text.encode())
    click.echo(f"wrote {root / 'flyball.toml'} (profile {profile})")
    if disk.exists(SECRET_FILE):
        click.echo(f"kept the operator secret of {root / SECRET_FILE}")
        return
    random = OsRandom()
    secret = generate(random)
    disk.replace(SECRET_FILE, (hashed(secret, random) + "\n").encode(), private=True)
    click.echo(f"\n  operator secret: {secret}\n")
    click.echo(
        "It is shown only now. It clears latches and resumes trading; keep it where the bot cannot read it."
    )
