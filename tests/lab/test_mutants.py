"""The table of planted bugs cannot rot, and the hunt tells caught from lived."""

import ast
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from flyball.lab.mutants import seeds
from flyball.lab.mutants.copied import copy_of
from flyball.lab.mutants.mutant import Mutant, Rotten, path_of, planted
from flyball.lab.mutants.run import NotGreen, chosen, hunt, report
from flyball.lab.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]
NAMES = [m.name for m in MUTANTS]


def test_names_differ():
    assert len(set(NAMES)) == len(NAMES) >= 20


@pytest.mark.parametrize("m", MUTANTS, ids=NAMES)
def test_it_fits_the_source(m):
    source = path_of(ROOT, m).read_text(encoding="utf-8")
    bad = planted(m, source)
    assert bad != source
    ast.parse(bad)


@pytest.mark.parametrize("m", MUTANTS, ids=NAMES)
def test_its_tests_are_there(m):
    assert m.tests or m.seed > 0
    for test in m.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text


@pytest.mark.parametrize("old", ["not there", "value"], ids=["nowhere", "more than once"])
def test_text_that_does_not_fit_is_named(old):
    with pytest.raises(Rotten, match=r"mutant 'x' occurs \d+ times, not once"):
        planted(Mutant("x", "kernel/verdict.py", old, "", ()), "value = value\n")


@pytest.mark.parametrize(("only", "count"), [(None, len(MUTANTS)), ("FEES", 1), ("nothing like it", 0)])
def test_choosing(only, count):
    assert len(chosen(MUTANTS, only)) == count


# -- the hunt, on a checkout of three files

CODE = '"""Doc."""\n\n\ndef double(n: int) -> int:\n    return n * 2\n'
TEST = "from flyball.kernel.two import double\n\n\ndef test_double():\n    assert double(3) == 6\n"


@pytest.fixture
def small(tmp_path):
    """A checkout whose package is called flyball too, with one function and one test."""
    package = tmp_path / "src" / "flyball" / "kernel"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text('"""Doc."""\n')
    (package / "__init__.py").write_text('"""Doc."""\n')
    (package / "two.py").write_text(CODE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_two.py").write_text(TEST)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return tmp_path


def bug(name: str, new: str) -> Mutant:
    return Mutant(name, "kernel/two.py", "n * 2", new, ("tests/test_two.py",))


def test_caught_lived_and_broken(small):
    bugs = [bug("wrong", "n * 3"), bug("harmless", "n + n"), bug("no Python", "n *")]
    said: list[str] = []
    code = report(hunt(small, bugs), as_json=True, say=said.append)
    rows = [json.loads(line) for line in said]
    assert code == 1
    assert [(r["name"], r["caught"]) for r in rows] == [
        ("wrong", True),
        ("harmless", False),
        ("no Python", False),
    ]
    assert rows[0]["by"].startswith("tests/test_two.py::test_double")
    assert "1 passed" in rows[1]["detail"]
    assert "SyntaxError" in rows[2]["detail"] or "error" in rows[2]["detail"]
    assert (small / "src/flyball/kernel/two.py").read_text() == CODE


def test_all_caught(small):
    said: list[str] = []
    assert report(hunt(small, [bug("wrong", "n * 3")]), as_json=False, say=said.append) == 0
    assert said[-1].strip() == "1 of 1 planted bugs were caught"


def test_nothing_hunted_is_no_success():
    assert report(iter(()), as_json=True, say=print) == 1


def test_red_without_a_bug_teaches_nothing(small):
    (small / "tests" / "test_two.py").write_text(TEST.replace("6", "7"))
    with pytest.raises(NotGreen):
        list(hunt(small, [bug("wrong", "n * 3")]))


def test_a_row_that_does_not_fit_is_said_before_any_is_hunted(small):
    said: list[str] = []
    rotten = replace(bug("rotten", "n * 3"), old="n * 9")
    with pytest.raises(Rotten, match="'rotten' occurs 0 times"):
        report(hunt(small, [bug("wrong", "n * 3"), rotten]), as_json=True, say=said.append)
    assert said == []


def test_the_first_red_test_is_told_with_all_of_its_name(small):
    head = "import pytest\nfrom flyball.kernel.two import double\n\n\n"
    case = (
        '@pytest.mark.parametrize("n", [3], ids=["of three"])\ndef test_it(n):\n    assert double(n) == 6\n'
    )
    (small / "tests" / "test_two.py").write_text(head + case)
    [outcome] = hunt(small, [bug("wrong", "n * 3")])
    assert outcome.by == "tests/test_two.py::test_it[of three]"


def test_the_copy_is_what_is_tested(small, tmp_path_factory):
    """A copy that lacks the package must not be judged by the one that is installed."""
    copy = copy_of(small, tmp_path_factory.mktemp("copy"))
    assert (copy / "src/flyball/kernel/two.py").is_file()
    shutil.rmtree(small / "src" / "flyball")
    (small / "src" / "flyball").mkdir()
    with pytest.raises(NotGreen, match="not the copy"):
        list(hunt(small, [Mutant("x", "x.py", "a", "b", ("tests/test_two.py",))]))


# -- the simulator, on copies of this checkout


def test_what_the_simulator_finds_is_the_bug_and_not_the_seed(tmp_path, monkeypatch):
    """A promise that the same seed breaks without the bug says nothing about it."""
    monkeypatch.setattr(seeds, "LAST", 2)
    sound = copy_of(ROOT, tmp_path / "sound", ("src", "pyproject.toml"))
    sick = copy_of(ROOT, tmp_path / "sick", ("src", "pyproject.toml"))
    bug = next(m for m in MUTANTS if m.name == "adds leave before they are durable")
    path = path_of(sick, bug)
    path.write_text(planted(bug, path.read_text(encoding="utf-8")), encoding="utf-8")

    found = seeds.look(sick, 2, seeds.Clean(sound))
    assert found is not None
    assert (found.seed, found.broken) == (2, "P1")
    assert seeds.look(sick, 2, seeds.Clean(sick)) is None


def test_a_copy_that_does_not_fly_proves_nothing(small):
    bugs = [replace(bug("wrong", "n * 3"), tests=(), seed=1)]
    with pytest.raises(NotGreen, match="does not fly"):
        list(hunt(small, bugs))
