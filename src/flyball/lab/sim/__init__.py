"""The simulator (T1): the real runtime in a world whose clock, disk, broker, bots and operators are drawn
from one seed."""
