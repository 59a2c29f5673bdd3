"""Every planted bug there is."""

from typing import Final

from flyball.lab.mutants.kernel_bugs import KERNEL_BUGS
from flyball.lab.mutants.mutant import Mutant
from flyball.lab.mutants.room_bugs import ROOM_BUGS

MUTANTS: Final[tuple[Mutant, ...]] = (*KERNEL_BUGS, *ROOM_BUGS)
