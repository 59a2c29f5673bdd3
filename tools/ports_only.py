"""Time, chance, disk, network, threads and processes come through `flyball.ports`: a simulator can own them.

Reported is the name, not only the call: `sleep=asyncio.sleep` as a default is the same hole. What types alone
could tell is told by sight: a path is a name annotated or assigned as one in the same file.
"""

import ast
from collections.abc import Iterator

from tools.source import Finding, Scope, Source, bindings

CLOCK = "take a ports.Clock"
RANDOM = "take a ports.Random, or draw from a seed"
DISK = "take a ports.Disk (what ships in the package: pkgutil.get_data)"
NETWORK = "take a port for the connection (ports.Http, ports.Stream)"
THREAD = "keep it on the loop; a ports.Syncer syncs, machine/ owns the threads"
PROCESS = "take a ports.Spawn"
PICKLE = "pickle is code; encode with msgspec"


def _each(words: str, instead: str, prefix: str = "") -> dict[str, str]:
    return {prefix + word: instead for word in words.split()}


MODULES = {
    **_each("time", CLOCK),
    **_each("random secrets uuid", RANDOM),
    **_each("fcntl fileinput mmap shutil tempfile", DISK),
    **_each("socket socketserver ssl select selectors smtplib ftplib xmlrpc", NETWORK),
    **_each("http.client http.server urllib.request", NETWORK),
    **_each("threading _thread concurrent.futures", THREAD),
    **_each("subprocess multiprocessing pty", PROCESS),
}
PICKLES = ("pickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve")

NAMES = {
    **_each("now utcnow today", CLOCK, "datetime.datetime."),
    **_each("today", CLOCK, "datetime.date."),
    **_each("sleep wait_for timeout timeout_at", CLOCK, "asyncio."),
    **_each("open_connection start_server open_unix_connection start_unix_server", NETWORK, "asyncio."),
    **_each("create_subprocess_exec create_subprocess_shell", PROCESS, "asyncio."),
    **_each("to_thread", THREAD, "asyncio."),
    **_each("urandom getrandom", RANDOM, "os."),
    **_each("times", CLOCK, "os."),
    **_each("open fdopen read write pread pwrite readv writev preadv pwritev", DISK, "os."),
    **_each("fsync fdatasync sync truncate ftruncate posix_fallocate sendfile copy_file_range", DISK, "os."),
    **_each("rename replace remove unlink rmdir mkdir makedirs link symlink", DISK, "os."),
    **_each("fork forkpty system popen posix_spawn posix_spawnp", PROCESS, "os."),
    **_each("execl execle execlp execlpe execv execve execvp execvpe", PROCESS, "os."),
    **_each("spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe", PROCESS, "os."),
    **_each("builtins.open io.open io.open_code io.FileIO codecs.open", DISK),
    **_each("gzip.open bz2.open lzma.open tarfile.open", DISK),
}
# asyncio's own modules hold the same names once more
ASYNCIO_ROOMS = tuple(
    f"asyncio.{room}." for room in ("tasks", "timeouts", "streams", "subprocess", "threads")
)

# of any object: nothing else is called so
METHODS = {
    **_each("read_text read_bytes write_text write_bytes", DISK),
    **_each("call_later call_at", CLOCK),
    **_each("run_in_executor", THREAD),
    **_each("create_connection create_server create_datagram_endpoint", NETWORK),
    **_each("create_unix_connection create_unix_server", NETWORK),
    **_each("subprocess_exec subprocess_shell", PROCESS),
}
# of a path only: a Disk has an `open` and a `rename` too
PATH_METHODS = _each("open mkdir touch unlink rename replace rmdir symlink_to hardlink_to chmod", DISK)
PATH_TYPES = ("pathlib.Path", "pathlib.PosixPath")
PATH_MAKERS = ("joinpath", "with_name", "with_suffix", "with_stem", "resolve", "absolute", "expanduser")


def check(source: Source) -> Iterator[Finding]:
    """Everything in the module that goes round the ports."""
    for found in source.imports:
        if instead := _module(found.target) or NAMES.get(_asyncio(found.target)):
            yield source.finding(found.line, _short(found.target), instead)
    paths = _Paths(source)
    ours = _bound(source.tree, "open")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            yield from _attribute(source, node, paths)
        elif isinstance(node, ast.Name) and node.id == "open" and node not in ours:
            yield source.finding(node.lineno, "open", DISK)
        elif isinstance(node, ast.Call):
            yield from _by_string(source, node)


def no_pickle(source: Source) -> Iterator[Finding]:
    """Imports of anything that would run what it reads. Applies to every room, the machine's too."""
    for found in source.imports:
        if any(_within(found.target, module) for module in PICKLES):
            yield source.finding(found.line, _short(found.target), PICKLE)


def _attribute(source: Source, node: ast.Attribute, paths: "_Paths") -> Iterator[Finding]:
    name = source.dotted(node)
    if name and (instead := NAMES.get(_asyncio(name))):
        yield source.finding(node.lineno, _short(name), instead)
    elif node.attr in METHODS:
        yield source.finding(node.lineno, f".{node.attr}", METHODS[node.attr])
    elif node.attr in PATH_METHODS and paths.is_path(node.value):
        yield source.finding(node.lineno, f"Path.{node.attr}", PATH_METHODS[node.attr])


def _by_string(source: Source, node: ast.Call) -> Iterator[Finding]:
    """`__import__("time")` and `importlib.import_module("time")` are imports as well."""
    called = node.func.id if isinstance(node.func, ast.Name) else source.dotted(node.func)
    if called in ("__import__", "importlib.import_module", "import_module") and node.args:
        match node.args[0]:
            case ast.Constant(value=str() as name) if instead := _module(name):
                yield source.finding(node.lineno, name, instead)


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def _module(target: str) -> str | None:
    return next((instead for module, instead in MODULES.items() if _within(target, module)), None)


def _asyncio(name: str) -> str:
    for prefix in ASYNCIO_ROOMS:
        if name.startswith(prefix):
            return f"asyncio.{name.removeprefix(prefix)}"
    return name


def _short(name: str) -> str:
    return name.removeprefix("datetime.") if name.startswith("datetime.date") else name


def _bound(tree: ast.Module, name: str) -> set[ast.AST]:
    """Where `name` is not the builtin: where a function, or the module, uses it for something of its own."""
    ours: set[ast.AST] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, Scope) and name in bindings(scope):
            ours.update(ast.walk(scope))
        if isinstance(scope, ast.Name) and not isinstance(scope.ctx, ast.Load):
            ours.add(scope)
    return ours


class _Paths:
    """Which expressions of a module are visibly paths."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._names: set[str] = set()
        for node in ast.walk(source.tree):
            if isinstance(node, ast.arg) and node.annotation and self._type(node.annotation):
                self._names.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and self._type(node.annotation):
                self._names.add(_last(node.target))
            elif isinstance(node, ast.Assign) and self.is_path(node.value):
                self._names.update(_last(target) for target in node.targets)
            elif isinstance(node, ast.NamedExpr) and self.is_path(node.value):
                self._names.add(node.target.id)

    def is_path(self, node: ast.expr) -> bool:
        """True when the expression is made of paths as far as this file shows."""
        if isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Attribute) and node.attr == "parent" and self.is_path(node.value):
                return True
            return _last(node) in self._names or self._source.dotted(node) in PATH_TYPES
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self.is_path(node.left) or self.is_path(node.right)
        if isinstance(node, ast.Call):
            name = self._source.dotted(node.func) or ""
            if name in PATH_TYPES or name.startswith("pathlib.Path."):
                return True
            return (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in PATH_MAKERS
                and self.is_path(node.func.value)
            )
        return False

    def _type(self, annotation: ast.expr) -> bool:
        if isinstance(annotation, ast.BinOp):
            return self._type(annotation.left) or self._type(annotation.right)
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return annotation.value.partition(" ")[0] in ("Path", "pathlib.Path")
        return self._source.dotted(annotation) in PATH_TYPES


def _last(node: ast.expr) -> str:
    """`path` of `self.path`: attributes are known by their own name, whoever holds them."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
