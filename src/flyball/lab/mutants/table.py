"""Every planted bug there is."""

from typing import Final

from flyball.lab.mutants.approval_bugs import APPROVAL_BUGS
from flyball.lab.mutants.edge_bugs import EDGE_BUGS
from flyball.lab.mutants.flatten_bugs import FLATTEN_BUGS
from flyball.lab.mutants.journal_bugs import JOURNAL_BUGS
from flyball.lab.mutants.kernel_bugs import KERNEL_BUGS
from flyball.lab.mutants.latch_bugs import LATCH_BUGS
from flyball.lab.mutants.mutant import Mutant
from flyball.lab.mutants.order_bugs import ORDER_BUGS
from flyball.lab.mutants.room_bugs import ROOM_BUGS

MUTANTS: Final[tuple[Mutant, ...]] = (
    *KERNEL_BUGS,
    *ROOM_BUGS,
    *APPROVAL_BUGS,
    *FLATTEN_BUGS,
    *LATCH_BUGS,
    *EDGE_BUGS,
    *JOURNAL_BUGS,
    *ORDER_BUGS,
)
