"""From the text of `flyball.toml` to the configuration in force: defaults, then the profile, then the file,
then the environment.

Every fault is found in one pass and raised together. A value that is given and wrong is a fault, never a fall
back to what it would otherwise have been. Nothing is read from disk here, and the environment is handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from flyball.config import agreement
from flyball.config.alerting import read_alerts
from flyball.config.effective import Effective
from flyball.config.environment import overrides
from flyball.config.keys import BY_NAME, ELSEWHERE, LATCH_KEYS, SESSION_KEYS
from flyball.config.limits_table import (
    Entries,
    Entry,
    defaults,
    in_order,
    not_enforced,
    read_limit,
    read_limits,
)
from flyball.config.problems import ConfigError, Problem, did_you_mean
from flyball.config.profiles import PROFILES, profile_text
from flyball.config.sections import missing, read_empty, read_section, read_strategies
from flyball.config.settings import (
    TABLES,
    AccountSettings,
    BrokerSettings,
    DeskSettings,
    FeedSettings,
    JournalSettings,
    SessionSettings,
    StrategySettings,
    settings_of,
)
from flyball.config.sheet import Sheet, dotted

PROFILE_CURRENCY: Final = "USD"


def load(
    text: str,
    *,
    path: str = "flyball.toml",
    environ: Mapping[str, str] | None = None,
    require: Sequence[str] = (),
) -> Effective:
    """The configuration in force. `path` names the text in messages and origins.

    `environ`: the environment, whose FLYBALL__SECTION__KEY stand over the file; None: none are taken.
    `require`: keys ("feed.file") or sections ("strategy") that the caller cannot do without.
    Raises ConfigError with everything that is wrong.
    """
    sheet = Sheet(text, path)
    problems = _overrides(sheet, environ or {}, text)
    profile = _profile(sheet)
    account, entries, session = AccountSettings(), defaults(), SessionSettings()
    if profile:
        given = Sheet(profile_text(profile), f"profile {profile}", by_line=False)
        account, session = _read_limits(given, entries, account, session)
        entries = {place: replace(entry, line=0) for place, entry in entries.items()}
        _raise(given.problems)
    account, session = _read_limits(sheet, entries, account, session)
    currency = account.currency
    strategies = _strategies(sheet, entries, currency)
    read_empty(sheet)
    broker = BrokerSettings()
    paper = read_section(sheet, "broker.paper", broker.paper, currency)
    whole = Effective(
        profile=profile,
        values=(),
        unread=(),
        account=account,
        session=replace(
            session, flat_by=entries[("", "flat_by")].text, on_close=entries[("", "on_close")].text
        ),
        broker=replace(read_section(sheet, "broker", broker, currency, ("paper",)), paper=paper),
        journal=read_section(sheet, "journal", JournalSettings(), currency),
        feed=read_section(sheet, "feed", FeedSettings(), currency),
        strategies=tuple(strategies),
        alerts=read_alerts(sheet, currency),
        desk=read_section(sheet, "desk", DeskSettings(), currency),
    )
    _missing(sheet, whole, [*(["account.equity"] if profile else []), *require])
    agreement.contradictions(sheet, entries, whole)
    _raise([*sheet.problems, *problems])
    return _with_rows(whole, entries)


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConfigError(problems)


def _profile(sheet: Sheet) -> str:
    """The profile's name, "" after a fault. Other keys of the top level have to be sections."""
    for key in sheet.tree:
        if key != "profile" and key not in TABLES:
            remedy = f"{key} belongs in [{ELSEWHERE.get(key, 'limits')}]" if key in BY_NAME else ""
            sheet.unknown((key,), ("profile", *TABLES), remedy)
    name = sheet.tree.get("profile")
    choices = ", ".join(f'"{profile}"' for profile in PROFILES)
    if name is None:
        sheet.fault(("profile",), "is missing", f"write it at the top; one of {choices}")
    elif not isinstance(name, str) or name not in PROFILES:
        near = did_you_mean(name, PROFILES) if isinstance(name, str) else ""
        remedy = near if near.startswith("did") else f"write one of {choices}"
        sheet.fault(("profile",), "is no profile", remedy, raw=name)
    else:
        return name
    return ""


def _read_limits(
    sheet: Sheet, entries: Entries, account: AccountSettings, session: SessionSettings
) -> tuple[AccountSettings, SessionSettings]:
    """What a profile and a file may both say. The currency comes first: amounts are in it."""
    account = read_section(sheet, "account", account, _currency(sheet))
    session = read_section(sheet, "session", session, account.currency, SESSION_KEYS)
    read_limits(sheet, entries, account.currency)
    table = sheet.table(("session",))
    for name in SESSION_KEYS:
        if name in table:
            read_limit(sheet, entries, "", ("session", name), table[name], account.currency)
    for name, raw in sheet.table(("latches",)).items():
        if name in LATCH_KEYS:
            read_limit(sheet, entries, "", ("latches", name), raw, account.currency)
        else:
            sheet.unknown(("latches", name), LATCH_KEYS, "move it to [limits]" if name in BY_NAME else "")
    return account, session


def _currency(sheet: Sheet) -> str:
    """The account's currency as far as it can be told before anything is checked."""
    named = sheet.table(("account",)).get("currency")
    return named if isinstance(named, str) else AccountSettings().currency


def _strategies(sheet: Sheet, entries: Entries, currency: str) -> list[StrategySettings]:
    """The strategies, with `on_excess` of each as a limit of its own."""
    found = []
    for strategy in read_strategies(sheet, currency):
        scope, path = f"strategy:{strategy.name}", ("strategy", strategy.name, "on_excess")
        raw = sheet.table(path[:2]).get("on_excess")
        if raw is not None:
            there = entries.get((scope, "on_excess"))
            if there is not None:
                sheet.fault(path, f"is set a second time, after {dotted(there.path)}", "keep one of them")
            read_limit(sheet, entries, scope, path, raw, currency)
        own: Entry = entries.get((scope, "on_excess")) or entries[("", "on_excess")]
        found.append(replace(strategy, on_excess=own.text))
    return found


def _missing(sheet: Sheet, whole: Effective, required: Sequence[str]) -> None:
    for name in required:
        section, _, key = name.partition(".")
        value = getattr(whole, "strategies" if section == "strategy" else section)
        if not key and not value:
            sheet.fault((section,), "is missing", f"write [{section}.NAME] and its keys below it")
        elif key and getattr(value, key) in ("", -1, ()) and key not in sheet.table((section,)):
            missing(sheet, (section, key), settings_of(section)[key])


def _overrides(sheet: Sheet, environ: Mapping[str, str], text: str) -> list[Problem]:
    """Put the environment over the sheet; what is wrong with it, and with the values it covers."""
    given, problems = overrides(environ, sheet.tree, sheet.name)
    if given:
        covered = {dotted(place) for place in given}
        try:
            load(text, path=sheet.name)
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem.key in covered and problem.value]
        sheet.overlay(given)
    return problems


def _with_rows(whole: Effective, entries: Entries) -> Effective:
    """The rows of the `Config` event, the list of what is not enforced, and the warnings."""
    flat_by = whole.session.flat_by
    ordered = in_order(entries)
    kept = {id(entry) for entry in ordered if not_enforced(entry, flat_by)}
    warnings = list(agreement.oddities(entries, whole))
    currency = whole.account.currency
    if currency != PROFILE_CURRENCY and any(e.origin == f"profile {whole.profile}" for e in ordered):
        warnings.append(
            f"profile {whole.profile} is meant in {PROFILE_CURRENCY}; its amounts are taken as {currency}"
        )
    return replace(
        whole,
        values=tuple(entry.row(id(entry) in kept) for entry in ordered),
        unread=tuple(
            (dotted(entry.path), BY_NAME[entry.key].control) for entry in ordered if id(entry) in kept
        ),
        warnings=tuple(warnings),
    )
