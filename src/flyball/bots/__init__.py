"""A strategy in a process of its own: what a bot is told (`Event`), what it may say (`Intent`, `Wake`), and
the host between.

A bot imports only these names from here: `from flyball.bots import Intent, Wake, wake_in`.
"""

from flyball.bots.asks import Event, Intent, Wake, wake_in

__all__ = ["Event", "Intent", "Wake", "wake_in"]
