"""The real disk: whole writes, durable names, private files, one owner per lock."""

import errno
import os
import resource
import stat
import subprocess
import sys

import pytest

from flyball.machine.disk import RealDisk
from flyball.ports import Disk


@pytest.fixture
def disk(tmp_path):
    return RealDisk(str(tmp_path / "root"))


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_it_is_a_disk(disk):
    port: Disk = disk
    assert os.path.isabs(port.root)


def test_reading_makes_no_folder(disk):
    assert disk.list("") == []
    assert not disk.exists("x")
    with pytest.raises(FileNotFoundError):
        disk.read("x")
    with pytest.raises(FileNotFoundError):
        disk.open("x")
    assert not os.path.exists(disk.root)


def test_writing_makes_the_root_for_its_owner_alone(disk):
    disk.append("x", b"1")
    assert mode(disk.root) == 0o700
    disk.mkdir("a/b/c")
    disk.mkdir("a/b")
    assert [mode(f"{disk.root}/{p}") for p in ("a", "a/b", "a/b/c")] == [0o700] * 3


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a/.."])
def test_no_path_leads_out(disk, path):
    for call in (disk.read, disk.open, disk.exists, disk.list, disk.mkdir, disk.remove, disk.lock):
        with pytest.raises(ValueError, match="a path inside"):
            call(path)
    with pytest.raises(ValueError, match="a path inside"):
        disk.replace(path, b"")


def test_offsets_are_explicit(disk):
    file = disk.open("f", create=True)
    file.write(5, b"world")
    file.write(0, b"hello")
    assert file.size() == 10
    assert file.read(0, 100) == b"helloworld"
    assert file.read(3, 4) == b"lowo"
    assert file.read(10, 5) == b""
    file.truncate(4)
    assert disk.read("f") == b"hell"
    file.sync()
    file.close()
    file.close()
    assert disk.open("f", create=True).size() == 4


def test_allocated_files_are_real_zeros_and_new(disk):
    file = disk.allocate("seg", 3_000_001)
    assert file.size() == 3_000_001
    assert disk.read("seg") == bytes(3_000_001)
    assert os.stat(f"{disk.root}/seg").st_blocks * 512 >= 3_000_001  # no hole
    with pytest.raises(FileExistsError):
        disk.allocate("seg", 10)
    assert len(disk.read("seg")) == 3_000_001
    assert disk.allocate("none", 0).size() == 0


def limited(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_refused_allocation_leaves_nothing(disk):
    disk.mkdir("")
    free = limited(100_000)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            disk.allocate("seg", 3_000_000)
    finally:
        free()
    assert disk.list("") == []


def test_a_refused_write_says_so_although_a_part_fits(disk):
    file = disk.open("f", create=True)
    free = limited(10_000)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            file.write(0, b"x" * 20_000)
    finally:
        free()
    assert file.size() == 10_000


def test_short_writes_are_carried_on(disk, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:7], offset))
    file = disk.open("f", create=True)
    file.write(3, bytes(range(100)))
    assert file.read(3, 100) == bytes(range(100))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: 0)
    with pytest.raises(OSError, match="gave no reason"):
        file.write(0, b"x")


def test_a_failed_sync_is_final(disk, monkeypatch):
    file = disk.open("f", create=True)
    file.write(0, b"x")
    file.sync()
    calls = []

    def fail(fd):
        calls.append(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        file.sync()
    monkeypatch.undo()
    with pytest.raises(OSError, match="Input/output error") as caught:
        file.sync()
    assert caught.value.filename == f"{disk.root}/f"
    assert len(calls) == 1


def test_the_first_sync_makes_the_name_durable_too(disk, monkeypatch):
    synced: list[str] = []
    fsync = os.fsync

    def noting(fd: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noting)
    disk.mkdir("a")
    synced.clear()
    file = disk.open("a/f", create=True)
    file.sync()
    file.sync()
    assert synced == [f"{disk.root}/a"]


def test_a_folder_that_somebody_made_and_died_is_made_durable(disk, monkeypatch):
    """Killed between making a folder and syncing its name: the next start must not believe it durable."""
    made = RealDisk(f"{disk.root}/deep/er")

    def die(fd: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        for one in (made, RealDisk(made.root)):
            with pytest.raises(KeyboardInterrupt):
                one.mkdir("a/b")
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    RealDisk(made.root).mkdir("a/b")
    assert {os.path.dirname(made.root), made.root, f"{made.root}/a"} <= set(synced)


def test_a_parent_that_may_not_be_read_is_no_obstacle(disk, monkeypatch):
    disk.mkdir("a")
    real = os.open

    def guarded(path, flags, *rest, **given):
        if path == os.path.dirname(disk.root):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, flags, *rest, **given)

    monkeypatch.setattr(os, "open", guarded)
    again = RealDisk(disk.root)
    again.append("a/f", b"x")
    again.mkdir("b")
    assert again.read("a/f") == b"x"


@pytest.mark.parametrize("private", [False, True])
def test_replacing_is_all_or_nothing(disk, private):
    disk.replace("f", b"old", private=private)
    assert disk.read("f") == b"old"
    disk.replace("f", b"new" * 1000, private=private)
    assert disk.read("f") == b"new" * 1000
    assert disk.list("") == ["f"]
    assert mode(f"{disk.root}/f") & 0o077 == (0 if private else 0o044 & ~umask())
    free = limited(1000)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            disk.replace("f", b"y" * 5000)
    finally:
        free()
    assert disk.read("f") == b"new" * 1000
    assert disk.list("") == ["f"]


def umask():
    now = os.umask(0)
    os.umask(now)
    return now


def test_a_private_file_is_private_over_what_a_crash_left(disk):
    disk.append("f.new", b"left by a crash, readable by all")
    disk.replace("f", b"secret", private=True)
    assert mode(f"{disk.root}/f") == 0o600
    assert disk.list("") == ["f"]


def test_append_rename_remove(disk):
    disk.append("f", b"a")
    disk.append("f", b"b")
    assert disk.read("f") == b"ab"
    disk.mkdir("d")
    disk.rename("f", "d/g")
    assert (disk.exists("f"), disk.read("d/g"), disk.list("d")) == (False, b"ab", ["g"])
    disk.append("h", b"over")
    disk.rename("h", "d/g")
    assert disk.read("d/g") == b"over"
    disk.remove("d/g")
    assert disk.list("d") == []
    with pytest.raises(FileNotFoundError):
        disk.remove("d/g")


def test_one_holder_of_a_lock(disk):
    lock = disk.lock("lock")
    with pytest.raises(BlockingIOError):
        disk.lock("lock")
    assert int(disk.read("lock")) == os.getpid()
    lock.release()
    lock.release()
    disk.lock("lock").release()


def test_a_lock_dies_with_its_process_and_is_not_inherited(disk):
    """The holder starts a child of its own, which must not keep the lock when the holder is killed."""
    script = (
        "import subprocess, sys\n"
        "from flyball.machine.disk import RealDisk\n"
        "lock = RealDisk(sys.argv[1]).lock('lock')\n"
        "child = subprocess.Popen(['sleep', '60'], close_fds=False, stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, disk.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    grandchild = int(holder.stdout.readline())
    try:
        with pytest.raises(BlockingIOError):
            disk.lock("lock")
        assert int(disk.read("lock")) == holder.pid
        holder.kill()
        holder.communicate()
        os.kill(grandchild, 0)  # still there
        disk.lock("lock").release()
    finally:
        holder.kill()
        os.kill(grandchild, 9)
