"""Which code the runs of an experiment depend on, as one short key.

Followed name by name: the experiment's function, the definitions of its module that it mentions, what these take from other
modules of ``attention_course``, and so on.  Comments, docstrings, types of arguments, layout, claims, and in which module a definition stands
do not enter; a changed number does.  Where a name cannot be followed (a module handed on as a whole) all of that module enters.
"""

import ast
import copy
import hashlib
import importlib.util
import inspect
from functools import cache
from pathlib import Path

from attention_course.experiments.engine.definition import Experiment

PACKAGE = "attention_course"


class _Source:
    """The definitions, imports and other statements at the top level of one source file."""

    def __init__(self, name):
        self.name = name
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None  # _module has looked
        self.path = Path(spec.origin)
        self.definitions, self.imports, self.statements, self.stars = {}, {}, [], []
        tree = ast.parse(self.path.read_text(encoding="utf8"))
        for node in tree.body:
            self._take(node)

    def _take(self, node):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._bind(node.name, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = list(_stored(targets))
            for name in names:
                self._bind(name, node)
            plain = all(isinstance(t, ast.Name) for target in targets for t in _leaves(target))
            if not plain or not any(name != "_" for name in names):
                self.statements.append(node)  # TABLE["x"] = 1, _ = TABLE.update(…) change what others see
        elif not _is_docstring(node):
            self.statements.append(node)
            for name in _stored([node]):
                self._bind(name, node)
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    self._bind(inner.name, node)
                elif isinstance(inner, ast.Import | ast.ImportFrom):
                    self._import(inner)

    def _bind(self, name, node):
        self.definitions.setdefault(name, []).append(node)

    def _import(self, node):
        for name, target in bound(self, node):
            if name == "*":
                self.stars.append(target[0])
            else:
                self.imports[name] = target

    def _absolute(self, node):
        if not node.level:
            return node.module or ""
        package = self.name if self.path.name == "__init__.py" else self.name.rsplit(".", 1)[0]
        for _ in range(node.level - 1):
            package = package.rsplit(".", 1)[0]
        return f"{package}.{node.module}" if node.module else package


def bound(module: _Source, node: ast.Import | ast.ImportFrom) -> list[tuple[str, tuple[str, str | None]]]:
    """The names that an import statement binds, each with (module, name or None)."""
    if isinstance(node, ast.ImportFrom):
        base = module._absolute(node)
        return [(a.asname or a.name, (base, a.name)) for a in node.names]
    return [
        (a.asname, (a.name, None)) if a.asname else (a.name.split(".")[0], (a.name.split(".")[0], None))
        for a in node.names
    ]


def _leaves(target):
    if isinstance(target, ast.Tuple | ast.List):
        return [leaf for one in target.elts for leaf in _leaves(one)]
    return _leaves(target.value) if isinstance(target, ast.Starred) else [target]


def _stored(nodes):
    return dict.fromkeys(
        n.id
        for node in nodes
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )


def _is_docstring(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Plain(ast.NodeTransformer):
    """Takes away docstrings, types of arguments and results, and decorators of this engine (settings are compared by themselves)."""

    def _strip(self, node):
        self.generic_visit(node)
        if node.body and _is_docstring(node.body[0]):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_FunctionDef(self, node):
        node.decorator_list = [d for d in node.decorator_list if not _is_mark(d)]
        node.returns = None
        return self._strip(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        """``x: int = 1`` as ``x = 1``; a bare ``x: int`` keeps its name, which may be a field's."""
        self.generic_visit(node)
        if node.value is not None:
            return ast.copy_location(ast.Assign([node.target], node.value), node)
        node.annotation = ast.Constant(None)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = _strip


def _is_mark(decorator):
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (isinstance(called, ast.Name) and called.id == "experiment") or (
        isinstance(called, ast.Attribute) and called.attr == "claim"
    )


def _text(node):
    """The tree as text that is the same under every Python.

    Left out is what is empty, type comments, and the empty strings that some Pythons put between the parts of an f-string;
    which characters ``repr`` shows as they are depends on the Unicode of a Python, so that ``ascii`` is taken.
    """
    if isinstance(node, list):
        return "[" + ",".join(map(_text, node)) + "]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    parts = {name: getattr(node, name, None) for name in node._fields if name not in ("kind", "type_comment")}
    if isinstance(node, ast.JoinedStr):
        parts["values"] = [part for part in node.values if getattr(part, "value", None) != ""]
    said = ",".join(
        f"{name}={_text(part)}" for name, part in parts.items() if part is not None and part != []
    )
    return f"{type(node).__name__}({said})"


@cache
def _module(name):
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return _Source(name) if spec and spec.origin and spec.origin.endswith(".py") else None


def _ours(name):
    return name == PACKAGE or name.startswith(PACKAGE + ".")


class _Walk:
    """Collects the text of every definition that can be reached."""

    def __init__(self):
        self.seen, self.texts, self.marks = set(), [], {}

    def reach(self, module, name):
        """Follow ``name`` of ``module``, wherever it is defined; a mark of what it turned out to be."""
        if (module.name, name) in self.seen:
            return self.marks.get((module.name, name), name)
        self.seen.add((module.name, name))
        mark = None
        if name in module.definitions:
            mark = self._definition(module, name, module.definitions[name])
        if name in module.imports:
            mark = self._imported(*module.imports[name]) or mark
        if mark is None:
            for base in module.stars:
                if _ours(base) and (source := _module(base)) is not None:
                    mark = mark or self.reach(source, name)
                elif not _ours(base):
                    mark = mark or f"{base}.*"
        if mark is None and (inner := _module(f"{module.name}.{name}")) is not None and _ours(module.name):
            self.whole(inner.name)
        self.marks[module.name, name] = mark
        return mark

    def _imported(self, base, name):
        if not _ours(base):
            return f"{base}.{name}"  # of another library: what it is called there
        if base.startswith(f"{PACKAGE}.experiments.engine"):
            return None
        if name is None:
            self.whole(base)
            return None
        inner = _module(f"{base}.{name}")
        if inner is not None:
            self.whole(inner.name)
        elif (source := _module(base)) is not None:
            return self.reach(source, name)
        return None

    def whole(self, name):
        """All of a module."""
        module = _module(name)
        if module is not None:
            self._on_import(module)
            for own in [*module.definitions, *module.imports]:
                self.reach(module, own)

    def _definition(self, module, name, nodes):
        plains = [_Plain().visit(copy.deepcopy(node)) for node in nodes]
        text = name + "".join("\n" + _text(plain) for plain in plains)
        mark = self.marks[module.name, name] = hashlib.sha256(text.encode()).hexdigest()
        self.texts.append(text)
        for plain in plains:
            self._mentions(module, plain, mark)
        self._on_import(module)
        return mark

    def _on_import(self, module):
        if (
            "",
            module.name,
        ) not in self.seen:  # statements that run on import belong to each definition, in their order
            self.seen.add(("", module.name))
            text = "".join(map(_text, module.statements))
            if text:
                self.texts.append(text)
            for statement in module.statements:
                self._mentions(module, statement, text)

    def _mentions(self, module, tree, by):
        local: dict[str, list] = {}  # imports within a function: they and the module's own are followed
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name, target in bound(module, node):
                    local.setdefault(name, []).append(target)
        owned, uses = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and (chain := _chain(node)):
                for target in [*local.get(chain[0], []), module.imports.get(chain[0])]:
                    source, rest = self._as_module(target), chain[1:]
                    while (
                        source is not None
                        and len(rest) > 1
                        and (inner := _module(f"{source.name}.{rest[0]}"))
                    ):
                        source, rest = inner, rest[1:]
                    if source is not None and len(rest) >= 1:
                        owned.add(_root(node))
                        if _module(f"{source.name}.{rest[0]}") is None:
                            uses.add((".".join(chain), self.reach(source, rest[0])))
                        elif len(chain) and not self._prefix(node, tree):
                            self.whole(f"{source.name}.{rest[0]}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node not in owned:
                for target in local.get(node.id, []):
                    uses.add((node.id, self._imported(*target)))
                if node.id in module.definitions or node.id in module.imports or module.stars:
                    uses.add((node.id, self.reach(module, node.id)))
        for name, mark in sorted((n, m) for n, m in uses if m is not None):
            self.texts.append(f"{by} uses {name}: {mark}")

    def _prefix(self, node, tree):
        return any(isinstance(n, ast.Attribute) and n.value is node for n in ast.walk(tree))

    def _as_module(self, target):
        """The module of ours that an import binds, or None."""
        if target is None or not _ours(target[0]):
            return None
        base, name = target
        return _module(base) if name is None else _module(f"{base}.{name}")


def _chain(node):
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else None


def _root(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def code_key(experiment: Experiment) -> str:
    """The key of ``experiment``'s code: 16 hexadecimal digits."""
    walk = _Walk()
    function = inspect.unwrap(experiment.function)
    module = _module(function.__module__)
    if function.__name__ not in module.definitions:
        raise LookupError(f"{function.__qualname__} is not defined at the top level of {module.path}")
    walk.reach(module, function.__name__)
    digest = hashlib.sha256()
    for text in sorted(set(walk.texts)):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]
