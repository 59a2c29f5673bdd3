"""The kernel's own law: integers only, one order for everything, nothing from outside. It keeps P7.

A set is known by sight: a set expression, or a name, attribute or function annotated or assigned as one in
the same file. `sorted(...)` makes an order; asking for members, sizes and unions needs none.
"""

import ast
from collections.abc import Iterator

from tools.source import Finding, Scope, Source, arguments, own

INTEGER = "the kernel counts in integers with an exponent"
ORDER = "a set has no order; keep a dict or a tuple, or iterate over sorted(...)"
HASH = "hash() differs between processes; use hashlib over the canonical encoding"
SUM = "sum integers only"
IMPORT = "the kernel imports flyball.kernel and a few pure modules of the standard library"

PURE = ("__future__", "collections.abc", "dataclasses", "enum", "hashlib", "typing")
IMPORTS = (*PURE, "mypy_extensions", "flyball.kernel")

SET_TYPES = ("set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet")
SET_METHODS = ("union", "intersection", "difference", "symmetric_difference", "copy")
SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
# builtins that hand on the order of what they are given
IN_ORDER = ("list", "tuple", "iter", "enumerate", "map", "filter", "zip", "reversed")
IN_ORDER_METHODS = ("join", "extend", "fromkeys")


def check(source: Source) -> Iterator[Finding]:
    """Everything in a module of the kernel that the law forbids."""
    for found in source.imports:
        if not any(f"{found.target}.".startswith(f"{module}.") for module in IMPORTS):
            yield source.finding(found.line, f"import of {found.target}", IMPORT)
    for node in ast.walk(source.tree):
        yield from _arithmetic(source, node)
    law = _SetOrder(source)
    law.visit(source.tree)
    yield from law.findings


def _arithmetic(source: Source, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        yield source.finding(node.lineno, f"the literal {node.value!r}", INTEGER)
    elif isinstance(node, ast.Name) and node.id in ("float", "complex"):
        yield source.finding(node.lineno, node.id, INTEGER)
    elif isinstance(node, ast.Name) and node.id == "hash":
        yield source.finding(node.lineno, "hash", HASH)
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        if isinstance(node.op, ast.Div):
            yield source.finding(node.lineno, "/", f"{INTEGER}; divide with //, or units.mul_div")
        elif isinstance(node.op, ast.Pow) and _negative(
            node.right if isinstance(node, ast.BinOp) else node.value
        ):
            yield source.finding(node.lineno, "** with a negative exponent", INTEGER)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum":
        start = [*node.args[1:], *(word.value for word in node.keywords)]
        # a float or a true division among the items is found by itself; what is left is the start
        if any(not (isinstance(item, ast.Constant) and isinstance(item.value, int)) for item in start):
            yield source.finding(node.lineno, "sum with a start that is no integer literal", SUM)


def _negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


class _SetOrder(ast.NodeVisitor):
    """Finds where the order of a set gets out."""

    def __init__(self, source: Source) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._scopes: list[dict[str, bool]] = []  # a name bound here: is it a set
        self._attributes = {
            node.target.attr if isinstance(node.target, ast.Attribute) else node.target.id
            for node in ast.walk(source.tree)
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Attribute | ast.Name)
            and _set_type(node.annotation)
        }
        self._functions = {
            node.name
            for node in ast.walk(source.tree)
            if isinstance(node, ast.FunctionDef) and node.returns is not None and _set_type(node.returns)
        }

    def visit_Module(self, node: ast.Module) -> None:
        self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._enter(node)

    def _enter(self, node: Scope) -> None:
        scope: dict[str, bool] = {}
        if not isinstance(node, ast.Module):
            scope = {
                arg.arg: arg.annotation is not None and _set_type(arg.annotation) for arg in arguments(node)
            }
        self._scopes.append(scope)
        for child in own(node):  # in the order written, so that b = a follows a = set()
            if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
                scope[child.target.id] = _set_type(child.annotation)
            elif isinstance(child, ast.Assign):
                for target in child.targets:
                    if isinstance(target, ast.Name):
                        scope[target.id] = self._is_set(child.value) or scope.get(target.id, False)
            elif isinstance(child, ast.NamedExpr):
                scope[child.target.id] = self._is_set(child.value) or scope.get(child.target.id, False)
        self.generic_visit(node)
        self._scopes.pop()

    def visit_For(self, node: ast.For) -> None:
        self._iterated(node.iter, "a loop over a set")
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._iterated(node.iter, "a comprehension over a set")
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self._iterated(node.value, "a set unpacked")
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self._iterated(node.value, "yield from a set")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            self._iterated(node.value, "a set unpacked")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        func = node.func
        if isinstance(func, ast.Name) and func.id in IN_ORDER:
            for arg in node.args:
                self._iterated(arg, f"{func.id} of a set")
        elif isinstance(func, ast.Attribute):
            if func.attr == "pop" and not node.args:
                self._iterated(func.value, "pop from a set")
            elif func.attr in IN_ORDER_METHODS and node.args:
                self._iterated(node.args[0], f"{func.attr} of a set")
        self.generic_visit(node)

    def _iterated(self, node: ast.expr, what: str) -> None:
        if self._is_set(node):
            self.findings.append(self._source.finding(node.lineno, what, ORDER))

    def _is_set(self, node: ast.expr) -> bool:
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name(id=name):
                return next((scope[name] for scope in reversed(self._scopes) if name in scope), False)
            case ast.Attribute(attr=name):
                return name in self._attributes
            case ast.Call(func=ast.Name(id=name)):
                return name in SET_TYPES or name in self._functions
            case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                return name in self._functions or (name in SET_METHODS and self._is_set(owner))
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, SET_OPERATORS):
                return any(self._is_set(side) or _keys(side) for side in (left, right))
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_set(body) or self._is_set(orelse)
            case ast.NamedExpr(value=value):
                return self._is_set(value)
        return False


def _keys(node: ast.expr) -> bool:
    """`a.keys() & b.keys()` is a set, though neither side is one."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("keys", "items")
    )


def _set_type(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_TYPES
        case ast.Subscript(value=value, slice=inner):
            wrapped = isinstance(value, ast.Name) and value.id in ("Final", "ClassVar", "Optional")
            return _set_type(value) or (wrapped and _set_type(inner))
        case ast.BinOp(left=left, right=right):
            return _set_type(left) or _set_type(right)
        case ast.Constant(value=str() as text):
            return _set_type(ast.parse(text, mode="eval").body)
    return False
