"""The shape of a file: it opens with its promise, is short, and is named after what it is."""

import ast
import re
from collections.abc import Iterator

from tools.source import Finding, Source

LINES = 400
FILE_NAMES = re.compile(r"utils?|helpers?|managers?|base|misc|common")
CLASS_NAMES = re.compile(r"(?:^|.*[a-z])(?:Utils?|Helpers?|Managers?|Base)$|^Base[A-Z].*")


def check(source: Source) -> Iterator[Finding]:
    """Size, docstring and names."""
    lines = source.text.count("\n")
    if lines > LINES:
        yield source.finding(LINES + 1, f"{lines} lines", f"a file holds one idea in at most {LINES}")
    if not (ast.get_docstring(source.tree) or "").strip():
        yield source.finding(1, "no docstring", "a module opens with what it promises")
    for part in (*source.place.parent.parts, source.place.stem):
        if FILE_NAMES.fullmatch(part):
            yield source.finding(1, f"a module called {part}", "name it after what it is")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and CLASS_NAMES.fullmatch(node.name):
            yield source.finding(node.lineno, f"a class called {node.name}", "name it after what it is")
