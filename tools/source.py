"""One source file of ours, parsed: where it lives, what its imports are called, what its scopes bind."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Scope = ast.Module | Function


class Finding(NamedTuple):
    """Something the house forbids. Sorts by place."""

    path: str
    line: int
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}: {self.instead}"


class Import(NamedTuple):
    """One import: `target` is its absolute name, `bound` the name it makes here, `means` what that reaches.

    `import os.path` targets os.path, but binds os, which means os.
    """

    line: int
    target: str
    bound: str
    means: str


@dataclass(frozen=True)
class Source:
    """A module of the package: `place` is its path inside the package, `shown` the path people read."""

    place: PurePosixPath
    shown: str
    text: str

    @classmethod
    def read(cls, package: Path, file: Path, root: Path) -> "Source":
        """The file as it is on disk, named relative to the repository's `root`."""
        place = PurePosixPath(file.relative_to(package).as_posix())
        return cls(place, file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        """SyntaxError when it is not Python."""
        return ast.parse(self.text, self.shown)

    @property
    def room(self) -> str:
        """The room it belongs to: `kernel` for kernel/ledger.py, `main` for main.py."""
        return PurePosixPath(self.place.parts[0]).stem

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, wherever it stands; relative ones made absolute."""
        found: list[Import] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    top = name.name.partition(".")[0]
                    found.append(
                        Import(node.lineno, name.name, name.asname or top, name.name if name.asname else top)
                    )
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                for name in node.names:
                    target = f"{module}.{name.name}"
                    found.append(Import(node.lineno, target, name.asname or name.name, target))
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = ["flyball", *self.place.parent.parts]
        above = parents[: len(parents) - node.level + 1]
        return ".".join([*above, *([node.module] if node.module else [])])

    @cached_property
    def _called(self) -> dict[str, str]:
        return {found.bound: found.means for found in self.imports}

    def dotted(self, node: ast.expr) -> str | None:
        """The absolute name an expression reaches through an import: dt.date.today is datetime.date.today."""
        if isinstance(node, ast.Attribute):
            owner = self.dotted(node.value)
            return owner and f"{owner}.{node.attr}"
        if isinstance(node, ast.Name):
            return self._called.get(node.id)
        return None

    def finding(self, line: int, what: str, instead: str) -> Finding:
        """A finding in this file."""
        return Finding(self.shown, line, what, instead)


def arguments(function: Function) -> list[ast.arg]:
    """Every parameter, stars included."""
    given = function.args
    stars = [star for star in (given.vararg, given.kwarg) if star]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def own(node: ast.AST) -> Iterator[ast.AST]:
    """What a scope holds itself, in the order written: not what the functions and classes in it hold."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Function | ast.ClassDef):
            yield from own(child)


def bindings(scope: Scope) -> set[str]:
    """The names a scope binds: its parameters and what it assigns."""
    bound = {node.id for node in own(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return bound if isinstance(scope, ast.Module) else bound | {arg.arg for arg in arguments(scope)}
