"""Bugs for approvals: each is a quiet way to a looser limit."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

TESTS: Final = ("tests/kernel/test_approval.py",)
LOOSER: Final = ("tests/kernel/test_loosening.py::test_only_what_is_provably_no_looser_is_not",)

APPROVAL_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "an approval never ends",
        "kernel/governor.py",
        "            fall_back(s, expired)\n",
        "",
        TESTS,
    ),
    Mutant(
        "a share of equity is no looser than an amount",
        "kernel/loosening.py",
        "    if new[0] != old[0]:\n        return True",
        "    if new[0] != old[0]:\n        return False",
        LOOSER,
    ),
    Mutant(
        "approved by the one who asked",
        "kernel/approval.py",
        "    if t.approvers > 1 and ",
        "    if t.approvers > 2 and ",
        TESTS,
    ),
    Mutant(
        "what an approval covers is agreed for good",
        "kernel/approval.py",
        "        t.loose[at] = replace(cover, rule=want)\n",
        "        t.rules[at] = want\n",
        TESTS,
    ),
    Mutant(
        "a row left out is gone at once",
        "kernel/approval.py",
        "    if not own(before.agreed, at):\n",
        "    if want is None or not own(before.agreed, at):\n",
        TESTS,
    ),
)
