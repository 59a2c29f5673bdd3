"""What the process is told, and who it is."""

import os
import pwd

from flyball.machine.environment import environment, user


def test_a_variable_is_read_when_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("FLYBALL__PROFILE", "micro")
    assert environment()["FLYBALL__PROFILE"] == "micro"
    monkeypatch.delenv("FLYBALL__PROFILE")
    assert "FLYBALL__PROFILE" not in environment()


def test_who_starts_is_what_the_system_says_not_what_he_says(monkeypatch):
    real = pwd.getpwuid(os.getuid()).pw_name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert user() == real


def test_a_user_without_a_name_is_his_number(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_123)
    assert user() == "uid 4000000123"
