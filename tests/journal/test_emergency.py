"""The emergency log takes what it can get and never gets in the way."""

import json

import pytest

from flyball.journal.codec import CLASSES, fields
from flyball.journal.emergency import EmergencyLog
from flyball.kernel.effects import Cancel
from flyball.machine.disk import RealDisk
from tests.journal.faulty import Fault, FaultyDisk, no_space
from tests.journal.records import example


def cancel(n, why="x"):
    return Cancel(n, f"fb-{n}", why, 1)


def test_every_kind_of_record_is_one_line_with_its_fields(tmp_path):
    log = EmergencyLog(RealDisk(str(tmp_path / "made" / "for it")))
    records = [example(record) for record in CLASSES]
    assert log.append(records)
    assert log.failed == ""
    entries = log.entries()
    assert [entry["kind"] for entry in entries] == [record.KIND for record in records]
    for entry, record in zip(entries, records, strict=True):
        assert entry == json.loads(json.dumps({"kind": record.KIND, **fields(record)}))
    assert log.path == f"{tmp_path}/made/for it/emergency.jsonl"


@pytest.mark.parametrize("why", ["line\nbreak", "\ud800", "\x00", "ünïcode 🤷"])
def test_whatever_a_text_holds_stays_one_line(tmp_path, why):
    log = EmergencyLog(RealDisk(str(tmp_path)))
    assert log.append([cancel(1, why), cancel(2)])
    assert [entry["why"] for entry in log.entries()] == [why, "x"]


def test_a_number_of_any_size(tmp_path):
    log = EmergencyLog(RealDisk(str(tmp_path)))
    assert log.append([Cancel(10**40, "c", "", -1)])
    assert log.entries()[0]["ts"] == 10**40


@pytest.mark.parametrize("part", range(0, 70, 3))
def test_a_full_disk_is_no_error_and_costs_no_other_line(tmp_path, part):
    disk = FaultyDisk(str(tmp_path), Fault(2, lambda data: data[:part], no_space()))
    log = EmergencyLog(disk)
    assert log.append([cancel(1)])
    assert not log.append([cancel(2)])
    assert "No space left on device" in log.failed
    assert log.append([cancel(3)])
    assert log.failed == ""
    clients = [entry["client_id"] for entry in log.entries()]
    assert clients in (["fb-1", "fb-3"], ["fb-1", "fb-2", "fb-3"])


def test_a_folder_that_is_none_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    log = EmergencyLog(RealDisk(str(tmp_path / "file")))
    assert not log.append([cancel(1)])
    assert log.failed
    assert log.entries() == []


def test_what_is_no_record_is_no_error(tmp_path):
    log = EmergencyLog(RealDisk(str(tmp_path)))
    assert not log.append([object()])  # type: ignore[list-item]
    assert "AttributeError" in log.failed


def test_lines_that_are_none_are_left_out(tmp_path):
    log = EmergencyLog(RealDisk(str(tmp_path)))
    assert log.entries() == []
    log.append([cancel(1)])
    with (tmp_path / "emergency.jsonl").open("ab") as f:
        f.write(b'\xff\xfe\n[1]\n"x"\n\n{"kind":"cancel","ts":2')
    assert [entry["ts"] for entry in log.entries()] == [1]
    next_start = EmergencyLog(RealDisk(str(tmp_path)))
    assert next_start.append([cancel(3)])
    assert [entry["ts"] for entry in next_start.entries()] == [1, 3]
