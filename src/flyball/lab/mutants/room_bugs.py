"""Bugs for the rooms around the kernel: journal, machine, runtime."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

TARGETS: Final = "tests/lab/test_mutant_targets.py"

ROOM_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "adds leave before they are durable",
        "runtime/outbox.py",
        "                    self.waiting.append((effect, token))\n",
        "                    self._send(effect, now)\n",
        (TARGETS,),
        seed=1,
    ),
    Mutant(
        "no last gate at the socket",
        "runtime/outbox.py",
        "self.governor.may_send(order.client_id, now) if self.sends",
        '"" if self.sends',
        (TARGETS,),
        seed=25,
    ),
    Mutant(
        "exits wait for the disk too",
        "runtime/outbox.py",
        "                if not effect.adds:\n",
        "                if not effect.adds and token < 0:\n",
        (TARGETS,),
        seed=25,
    ),
    Mutant(
        "a cancel overtakes its order",
        "runtime/outbox.py",
        "            if entry[0].client_id == effect.client_id:\n",
        "            if entry[0].client_id == effect.client_id and entry[1] < 0:\n",
        (TARGETS,),
    ),
    Mutant(
        "replay believes the recorded effects",
        "runtime/recover.py",
        "            if ours != record:\n",
        "            if ours is None:\n",
        (TARGETS,),
    ),
    Mutant(
        "act although the disk refused the block",
        "runtime/sequencer.py",
        '        self._step(self.report("failed", why), out)\n',
        "",
        (TARGETS,),
    ),
    Mutant(
        "skip the chain hash",
        "journal/chain.py",
        " and block.first == self.seq + 1 and block.prev == self.hash:\n",
        " and block.first == self.seq + 1:\n",
        ("tests/journal/test_damage.py::test_a_block_forged_with_its_checksum_right",),
    ),
    Mutant(
        "ignore the checksum",
        "journal/segment.py",
        "    if zlib.crc32(view[offset + _CRC_FROM : end], seeded) != crc:\n",
        "    if zlib.crc32(view[offset + _CRC_FROM : end], seeded) < 0:\n",
        ("tests/journal/test_segment.py",),
    ),
    Mutant(
        "call durable what is only written",
        "journal/log.py",
        "        return max(self._base, min(self._syncer.done(), self._asked))\n",
        "        return max(self._base, self._seq)\n",
        ("tests/journal/test_log.py",),
    ),
    Mutant(
        "a failed sync counts as done",
        "machine/syncer.py",
        "            why = _sync(file)\n",
        '            why = _sync(file) and ""\n',
        ("tests/machine/test_syncer.py::test_a_failure_is_final",),
    ),
    Mutant(
        "cut off what was durable",
        "journal/chain.py",
        "        flaw.cut = known <= self.seq\n",
        "        flaw.cut = True\n",
        ("tests/journal/test_damage.py::test_a_flipped_byte_anywhere_is_found_and_located",),
    ),
    Mutant(
        "the paper broker works an id twice",
        "broker/paper.py",
        "        elif held is None and call.applied:\n",
        "        elif call.applied:\n",
        ("tests/broker/test_paper.py",),
    ),
    Mutant(
        "New York never changes its clocks",
        "tables/calendar.py",
        "    since = datetime.combine(day, at, tzinfo=NEW_YORK) - _EPOCH\n",
        "    since = datetime.combine(day, at, tzinfo=UTC) + timedelta(hours=5) - _EPOCH\n",
        ("tests/lab/ladder/test_close.py::test_flat_whatever_day_it_is",),
    ),
    Mutant(
        "no close is early",
        "tables/calendar.py",
        "    early = number in xnys.EARLY\n",
        "    early = number in xnys.EARLY and number < 0\n",
        ("tests/lab/ladder/test_law.py",),
    ),
)
