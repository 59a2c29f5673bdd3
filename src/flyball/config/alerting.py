"""Reading `[alerts]`, and what is missing there before anybody could be paged.

A channel that is named and not set up is found at the start (`lacking`), not at the first page.
"""

import re
from dataclasses import replace
from typing import Final

from flyball.config.sections import read_section
from flyball.config.settings import AlertSettings
from flyball.config.sheet import Sheet

CHANNELS: Final = ("email", "webhook", "slack")
NEEDED: Final = {
    "email": ("host", "sender", "to"),
    "webhook": ("url", "secret_file"),
    "slack": ("token_file", "channel"),
}
ROLES: Final = ("viewer", "operator", "approver")
_ID: Final = re.compile(r"[UW][A-Z0-9]{1,30}")
_USER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,31}) (viewer|operator|approver)")


def read_alerts(sheet: Sheet, currency: str) -> AlertSettings:
    """The section and those below it."""
    start = AlertSettings()
    slack = read_section(sheet, "alerts.slack", start.slack, currency, ("users",))
    found = replace(
        read_section(sheet, "alerts", start, currency, CHANNELS),
        email=read_section(sheet, "alerts.email", start.email, currency),
        webhook=read_section(sheet, "alerts.webhook", start.webhook, currency),
        slack=replace(slack, users=_users(sheet)),
    )
    for severity in ("critical", "warning", "info"):
        for name in getattr(found, severity):
            if name not in CHANNELS:
                choices = " or ".join(f'"{one}"' for one in CHANNELS)
                sheet.fault(
                    ("alerts", severity), f"names {name[:40]}, which is no channel", f"write {choices}"
                )
    return found


def lacking(alerts: AlertSettings) -> list[str]:
    """What keeps the channels that are named from paging anybody: key and remedy."""
    found = [
        f"alerts.{name}.{key} is missing: [alerts] names {name}, which needs it"
        for name in alerts.channels()
        for key in NEEDED[name]
        if getattr(getattr(alerts, name), key) in ("", ())
    ]
    mail = alerts.email
    if mail.tls == "none" and mail.host not in ("", "localhost", "127.0.0.1", "::1"):
        found.append(f'alerts.email.tls is none, to {mail.host}: write tls = "starttls"')
    if bool(mail.user) != bool(mail.password_file):
        found.append("alerts.email: user and password_file go together: write both, or none")
    if alerts.slack.port and not alerts.slack.signing_secret_file:
        found.append("alerts.slack.signing_secret_file is missing: without it anybody could say /panic")
    return found


def secret_files(alerts: AlertSettings) -> list[tuple[str, str]]:
    """Key and file of every secret that the channels in use are sent or checked with."""
    slack, used = alerts.slack, alerts.channels()
    named = (
        ("alerts.email.password_file", alerts.email.password_file if "email" in used else ""),
        ("alerts.webhook.secret_file", alerts.webhook.secret_file if "webhook" in used else ""),
        ("alerts.slack.token_file", slack.token_file if "slack" in used else ""),
        ("alerts.slack.signing_secret_file", slack.signing_secret_file if slack.port else ""),
    )
    return [(key, file) for key, file in named if file]


def _users(sheet: Sheet) -> tuple[tuple[str, str, str], ...]:
    found = []
    for key, raw in sheet.table(("alerts", "slack", "users")).items():
        path = ("alerts", "slack", "users", key)
        if not _ID.fullmatch(key):
            sheet.fault(path, "is no id of a Slack user", "write it as Slack shows it, like U024BE7LH")
        elif not isinstance(raw, str) or (user := _USER.fullmatch(raw)) is None:
            sheet.fault(path, "is no name and role", 'write "ann operator"; roles: ' + ", ".join(ROLES))
        else:
            found.append((key, user[1], user[2]))
    return tuple(sorted(found))
