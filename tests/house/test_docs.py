"""Every page of the documentation can be reached, and a broken link stops the build."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pages(nav: object) -> list[str]:
    """The files a nav of zensical.toml names, in order: strings, titled parts, lists of both."""
    match nav:
        case str():
            return [nav]
        case dict():
            return [page for part in nav.values() for page in pages(part)]
        case list():
            return [page for part in nav for page in pages(part)]
    raise AssertionError(nav)


def test_the_nav_names_every_page_once():
    nav = pages(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"])
    files = [file.relative_to(ROOT / "docs").as_posix() for file in (ROOT / "docs").rglob("*.md")]
    assert sorted(nav) == sorted(files)


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    decisions = [file.name for file in (ROOT / "docs" / "decisions").glob("[0-9]*.md")]
    assert decisions
    assert [name for name in decisions if f"({name})" not in index] == []


@pytest.mark.parametrize(
    ("line", "code"),
    [("", 0), ("[x](nowhere.md)", 1), ("[x](index.md#nowhere)", 1)],
    ids=["kept", "page", "anchor"],
)
def test_a_broken_link_stops_the_build(tmp_path, line, code):
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a") as index:
        index.write(f"\n{line}\n")
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--clean", "--strict"]
    run = subprocess.run(
        command, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False
    )
    assert (run.returncode != 0) == (code != 0), run.stderr.decode()
    assert (tmp_path / "site" / "index.html").exists() or code
