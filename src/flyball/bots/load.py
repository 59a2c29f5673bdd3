"""A bot from its name: "package.module:attr" or "path/file.py:attr", built with its settings, ready to be
called with events.

A class is built with its settings as keyword arguments and may have `on_start(info)` and `on_<kind>` handlers
(`on_wake` gets the time, every other its event), or be callable. Anything else callable gets every event, and
the settings as keyword arguments.
"""

import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping

from flyball.bots.asks import Event
from flyball.bots.told import KINDS

Handler = Callable[[Event], object]
Start = Callable[[Event], object]


def load(target: str, settings: Mapping[str, object]) -> tuple[Handler, Start]:
    """What takes an event, and what takes the start's info. Whatever the bot's own code raises passes."""
    place, _, attr = target.rpartition(":")
    if not place or not attr:
        raise ValueError(f'bot {target!r}: write "package.module:attr" or "path/file.py:attr"')
    module = _from_file(place) if place.endswith(".py") else _by_name(place)
    thing = module
    for name in attr.split("."):
        if not hasattr(thing, name):
            raise AttributeError(f"bot {target!r}: {place} has no {attr!r}")
        thing = getattr(thing, name)
    if not callable(thing):
        raise TypeError(f"bot {target!r}: {attr} is {type(thing).__name__}, neither class nor callable")
    if isinstance(thing, type):
        return _handlers(thing(**settings), target)
    return (functools.partial(thing, **settings) if settings else thing), _nothing


def _by_name(name: str) -> object:
    _look_in(os.getcwd())
    return importlib.import_module(name)


def _from_file(path: str) -> object:
    """A file as a module, its folder importable as if it had been run from there."""
    path = os.path.abspath(path)
    _look_in(os.path.dirname(path))
    name = os.path.basename(path).removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"bot file {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


def _look_in(folder: str) -> None:
    """Last: what lies about in a folder must not shadow a library."""
    if folder not in sys.path:
        sys.path.append(folder)


def _handlers(bot: object, target: str) -> tuple[Handler, Start]:
    found = {kind: getattr(bot, f"on_{kind}") for kind in KINDS if hasattr(bot, f"on_{kind}")}
    start = getattr(bot, "on_start", _nothing)
    strange = [
        name
        for name in dir(type(bot))
        if name.startswith("on_") and name != "on_start" and name.removeprefix("on_") not in KINDS
    ]
    if strange:  # a misspelt handler would be silence
        known = ", ".join(f"on_{kind}" for kind in ("start", *KINDS))
        print(f"bot {target}: never called: {', '.join(strange)}; known: {known}", file=sys.stderr)
    if not found:
        if not callable(bot):
            raise TypeError(f"bot {target!r}: has none of {', '.join('on_' + kind for kind in KINDS)}")
        return bot, start

    def handle(event: Event) -> object:
        handler = found.get(event.kind)
        if handler is None:
            return None
        return handler(event.ts if event.kind == "wake" else event)

    return handle, start


def _nothing(_: Event) -> None:
    return None
