"""Which code the runs of an experiment depend on, as one short key.

Followed name by name: the experiment's function, the definitions of its module that it mentions, what these take from other
modules of ``attention_course``, and so on.  Comments, docstrings, layout, claims, and in which module a definition stands
do not enter; a changed number does.  Where a name cannot be followed (a module handed on as a whole) all of that module enters.
"""

import ast
import copy
import hashlib
import importlib.util
import inspect
from functools import cache
from pathlib import Path

PACKAGE = "attention_course"


class _Module:
    """The definitions, imports and other statements at the top level of one source file."""

    def __init__(self, name):
        self.name = name
        spec = importlib.util.find_spec(name)
        self.path = Path(spec.origin)
        self.definitions, self.imports, self.statements = {}, {}, []
        tree = ast.parse(self.path.read_text(encoding="utf8"))
        for node in tree.body:
            self._take(node)

    def _take(self, node):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.definitions[node.name] = node
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    self.imports[alias.asname] = (alias.name, None)
                else:
                    top = alias.name.split(".")[0]
                    self.imports[top] = (top, None)
        elif isinstance(node, ast.ImportFrom):
            base = self._absolute(node)
            for alias in node.names:
                self.imports[alias.asname or alias.name] = (base, alias.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [
                n.id
                for target in targets
                for n in ast.walk(target)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            ]
            for name in names:
                self.definitions[name] = node
            if not names:  # TABLE["x"] = 1 changes what others see
                self.statements.append(node)
        elif not _is_docstring(node):
            self.statements.append(node)

    def _absolute(self, node):
        if not node.level:
            return node.module or ""
        package = self.name if self.path.name == "__init__.py" else self.name.rsplit(".", 1)[0]
        for _ in range(node.level - 1):
            package = package.rsplit(".", 1)[0]
        return f"{package}.{node.module}" if node.module else package


def _is_docstring(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Plain(ast.NodeTransformer):
    """Takes away docstrings, and decorators of this engine, whose settings are compared by themselves."""

    def _strip(self, node):
        self.generic_visit(node)
        if node.body and _is_docstring(node.body[0]):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_FunctionDef(self, node):
        node.decorator_list = [d for d in node.decorator_list if not _is_mark(d)]
        return self._strip(node)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = _strip


def _is_mark(decorator):
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (isinstance(called, ast.Name) and called.id == "experiment") or (
        isinstance(called, ast.Attribute) and called.attr == "claim"
    )


def _text(node):
    """The tree as text that is the same under every Python: what is empty is left out, as are type comments."""
    if isinstance(node, list):
        return "[" + ",".join(map(_text, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = (
        (name, getattr(node, name, None)) for name in node._fields if name not in ("kind", "type_comment")
    )
    return (
        f"{type(node).__name__}({','.join(f'{n}={_text(v)}' for n, v in parts if v is not None and v != [])})"
    )


@cache
def _module(name):
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return _Module(name) if spec and spec.origin and spec.origin.endswith(".py") else None


def _ours(name):
    return name == PACKAGE or name.startswith(PACKAGE + ".")


class _Walk:
    """Collects the text of every definition that can be reached."""

    def __init__(self):
        self.seen, self.texts = set(), []

    def reach(self, module, name):
        """Follow ``name`` of ``module``, wherever it is defined."""
        if (module.name, name) in self.seen:
            return
        self.seen.add((module.name, name))
        if name in module.definitions:
            self._definition(module, name, module.definitions[name])
        elif name in module.imports:
            self._imported(*module.imports[name])

    def _imported(self, base, name):
        if not _ours(base) or base.startswith(f"{PACKAGE}.experiments.engine"):
            return
        if name is None:
            self.whole(base)
            return
        inner = _module(f"{base}.{name}")
        if inner is not None:
            self.whole(inner.name)
        elif (source := _module(base)) is not None:
            self.reach(source, name)

    def whole(self, name):
        """All of a module."""
        module = _module(name)
        if module is not None:
            for own in [*module.definitions, *module.imports]:
                self.reach(module, own)

    def _definition(self, module, name, node):
        plain = _Plain().visit(copy.deepcopy(node))
        self.texts.append(f"{name}\n{_text(plain)}")
        self._mentions(module, plain)
        if ("", module.name) not in self.seen:  # statements that run on import belong to each definition
            self.seen.add(("", module.name))
            for statement in module.statements:
                self.texts.append(_text(statement))
                self._mentions(module, statement)

    def _mentions(self, module, tree):
        local = {}  # imports within a function
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                base = module._absolute(node)
                for alias in node.names:
                    local[alias.asname or alias.name] = (base, alias.name)
        owned = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                target = local.get(node.value.id) or module.imports.get(node.value.id)
                source = self._as_module(target)
                if source is not None:
                    owned.add(node.value)
                    self.reach(source, node.attr)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node not in owned:
                if node.id in local:
                    self._imported(*local[node.id])
                else:
                    self.reach(module, node.id)

    def _as_module(self, target):
        """The module of ours that an import binds, or None."""
        if target is None or not _ours(target[0]):
            return None
        base, name = target
        return _module(base) if name is None else _module(f"{base}.{name}")


def code_key(experiment):
    """The key of ``experiment``'s code: 16 hexadecimal digits."""
    walk = _Walk()
    function = inspect.unwrap(experiment.function)
    walk.reach(_module(function.__module__), function.__name__)
    digest = hashlib.sha256()
    for text in sorted(set(walk.texts)):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]
