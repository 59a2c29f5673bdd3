"""The broker's file: a torn end is cut, everything else that is wrong refuses it with a remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from flyball.broker.paper_file import PaperFile, PaperFileError, Placed, Withdrawn, line, opened
from flyball.broker.paper_settings import PaperSettings
from tests.broker.world import CASH, QUIET, SEED, broker, disk_at, failing, lines, order, run, tape

FIRST = opened(SEED, CASH, QUIET)


def placed(client_id):
    return Placed(client_id, "i", "", "s1", "AAPL", 1, 100, "market", 0, "day", 1, 1, 5, 6)


def three(disk):
    file = PaperFile(disk, "paper", FIRST)
    records = [placed("a-1"), placed("a-2"), Withdrawn("a-1", 1, 7, 8)]
    assert all(file.append(record) for record in records)
    file.close()
    return records


def test_what_was_written_is_read(tmp_path):
    disk = disk_at(tmp_path)
    records = three(disk)
    assert PaperFile(disk, "paper", FIRST).records == records
    assert lines(disk)[2].split(b" ", 1)[1].startswith(b'{"record":"order","client_id":"a-2"')


def test_a_torn_end_is_cut_wherever_it_tore(tmp_path):
    disk = disk_at(tmp_path)
    records = three(disk)
    whole = disk.read("paper")
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    near = {end + k for end in ends for k in (-2, -1, 0, 1)}
    for length in sorted(near | set(range(0, len(whole), 5))):
        (tmp_path / "paper").write_bytes(whole[:length])
        file = PaperFile(disk, "paper", FIRST)
        kept = max(0, sum(end <= length for end in ends) - 1)
        assert file.records == records[:kept]
        assert file.append(placed("b-1"))
        file.close()
        assert PaperFile(disk, "paper", FIRST).records == [*records[:kept], placed("b-1")]


def test_a_damaged_last_line_is_a_torn_one(tmp_path):
    disk = disk_at(tmp_path)
    records = three(disk)
    whole = disk.read("paper")
    (tmp_path / "paper").write_bytes(whole[:-3] + b"\0\0\n")
    assert PaperFile(disk, "paper", FIRST).records == records[:2]


def test_a_flipped_bit_with_whole_lines_behind_it_refuses_the_file(tmp_path):
    disk = disk_at(tmp_path)
    three(disk)
    whole = disk.read("paper")
    last = whole.rindex(b"\n", 0, -1)
    for at in range(last):
        flipped = bytes([whole[at] ^ 1 << at % 8])
        (tmp_path / "paper").write_bytes(whole[:at] + flipped + whole[at + 1 :])
        with pytest.raises(PaperFileError, match=r"paper:\d: damaged.*\n?.*remedy"):
            PaperFile(disk, "paper", FIRST)


def test_an_id_that_is_there_twice_refuses_the_file(tmp_path):
    disk = disk_at(tmp_path)
    three(disk)
    disk.append("paper", line(placed("a-2")))
    with pytest.raises(PaperFileError, match="paper:5: a record that cannot stand here"):
        PaperFile(disk, "paper", FIRST)


@pytest.mark.parametrize("wrong", [Withdrawn("a-9", 1, 7, 8), FIRST])
def test_what_does_not_follow_refuses_the_file(tmp_path, wrong):
    disk = disk_at(tmp_path)
    three(disk)
    disk.append("paper", line(wrong))
    with pytest.raises(PaperFileError, match="cannot stand here"):
        PaperFile(disk, "paper", FIRST)


def test_a_file_without_its_first_line_is_refused(tmp_path):
    disk = disk_at(tmp_path)
    disk.append("paper", line(placed("a-1")))
    with pytest.raises(PaperFileError, match="paper:1: a record that cannot stand here"):
        PaperFile(disk, "paper", FIRST)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 8}, "seed was 7, is 8"),
        ({"start_cash": 1}, f"start_cash was {CASH}, is 1"),
        ({"settings": replace(QUIET, fee_per_unit=0)}, "fee_per_unit was 3500, is 0"),
    ],
)
def test_an_account_begun_otherwise_is_refused(tmp_path, change, says):
    disk = disk_at(tmp_path)
    broker(disk).close()
    with pytest.raises(PaperFileError, match=says):
        broker(disk, **change)


def test_what_a_full_disk_refuses_leaves_no_trace(tmp_path):
    real = disk_at(tmp_path)
    full = []
    file = PaperFile(failing(real, lambda what: what in full), "paper", FIRST)
    assert file.append(placed("a-1"))
    full.append("write")
    assert not file.append(placed("a-2"))
    full.clear()
    assert file.append(placed("a-3"))
    assert file.lost == ""
    file.close()
    assert [record.client_id for record in PaperFile(real, "paper", FIRST).records] == ["a-1", "a-3"]


@pytest.mark.parametrize("broken", [("write", "truncate"), ("sync",)])
def test_a_file_that_is_lost_takes_nothing_any_more(tmp_path, broken):
    failing_now = []
    file = PaperFile(failing(disk_at(tmp_path), lambda what: what in failing_now), "paper", FIRST)
    failing_now.extend(broken)
    file.append(placed("a-1"))
    assert not file.sync()
    assert "No space left" in file.lost
    failing_now.clear()  # a failed sync is final, whatever the disk says later
    assert not file.append(placed("a-2"))
    assert not file.sync()


def test_nothing_is_said_before_it_is_durable(tmp_path):
    """Every byte of the file is synced when the first event, answer or look-up comes."""
    real = disk_at(tmp_path)
    synced = []

    def watch(what):
        if what == "sync":
            synced.append(real.read("paper"))
        return False

    paper = broker(failing(real, watch), tape(*[1_000_000] * 9))
    paper.submit(order("a-1"))
    paper.submit(order("a-2"))
    before = len(synced)
    assert b'"a-2"' not in synced[-1]
    assert paper.take(order().ts) == []
    assert len(synced) == before + 1  # one sync for both
    assert synced[-1] == real.read("paper")
    assert b'"a-2"' in synced[-1]
    assert run(paper)
    assert len(synced) == before + 1  # and none when nothing is new


def test_the_lines_in_the_reference_are_whole(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "reference" / "paper.md"
    example = page.read_text().split("```text\n")[1].split("```")[0].encode()
    (tmp_path / "paper").write_bytes(example)
    file = PaperFile(disk_at(tmp_path), "paper", opened(1, CASH, PaperSettings()))
    assert [type(record) for record in file.records] == [Placed, Withdrawn]
    assert (tmp_path / "paper").read_bytes() == example


def test_nothing_of_a_torn_line_stays_behind_a_shorter_one(tmp_path):
    disk = disk_at(tmp_path)
    three(disk)
    whole = disk.read("paper")
    kept = b"".join(whole.splitlines(keepends=True)[:2])
    (tmp_path / "paper").write_bytes(kept + line(placed("a-" + "2" * 40))[:-1])
    file = PaperFile(disk, "paper", FIRST)
    assert disk.read("paper") == kept
    assert file.append(Withdrawn("a-1", 1, 7, 8))
    assert disk.read("paper") == kept + line(Withdrawn("a-1", 1, 7, 8))
