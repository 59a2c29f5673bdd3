"""Live does not start with a configured key that nothing reads; paper does, and says so (C36)."""

import asyncio
from pathlib import Path

import pytest

from flyball.compose.assembly import assemble
from flyball.compose.fly import real_machine
from flyball.compose.mode import LIVE, PAPER, fit_for
from flyball.config.load import load
from flyball.config.problems import ConfigError
from flyball.lab.demo.plan import Wanted, plan
from flyball.machine.spawn import RealSpawn

TEXT = 'profile = "demo"\n[account]\nequity = "$100,000"\n[limits]\nmax_sector = "30%"\n'


def test_a_decorative_key_keeps_live_from_starting() -> None:
    config = load(TEXT, path="flyball.toml")
    fit_for(PAPER, config)
    with pytest.raises(ConfigError) as wrong:
        fit_for(LIVE, config)
    [problem] = wrong.value.problems
    assert (problem.path, problem.line, problem.key, problem.value) == (
        "flyball.toml",
        5,
        "limits.max_sector",
        "30%",
    )
    assert "nothing in this version reads it" in str(problem)
    assert "take it out, or stay on paper" in str(problem)


def test_so_does_one_of_the_profile() -> None:
    config = load('profile = "micro"\n[account]\nequity = "$2,000"\n')
    with pytest.raises(ConfigError) as wrong:
        fit_for(LIVE, config)
    assert [p.path for p in wrong.value.problems] == ["profile micro"] * len(config.unread)
    assert len(config.unread) > 0


def test_a_configuration_whose_every_key_is_read_may_go_live() -> None:
    fit_for(LIVE, load(TEXT.replace('max_sector = "30%"\n', "")))


def test_the_assembly_asks_before_it_writes_anything(tmp_path: Path) -> None:
    made, _ = plan(Wanted(sessions=1, profile="micro", folder=str(tmp_path)), lambda _: b"", None)
    made.mode = LIVE
    spawn = RealSpawn()
    machine = real_machine(str(tmp_path), str(tmp_path / "j"), str(tmp_path / "e"), 0, spawn)
    try:
        with pytest.raises(ConfigError):
            asyncio.run(assemble(made, machine))
    finally:
        spawn.close()
    assert not list(tmp_path.rglob("segments"))
