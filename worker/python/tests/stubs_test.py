"""The stubs of the extension module match the module."""

import ast
import pathlib

import tasker
from tasker import _native

STUBS = ast.parse((pathlib.Path(tasker.__file__).parent / "_native.pyi").read_text())


def public(names):
    return {name for name in names if not name.startswith("_")}


def declared(body):
    names = set()
    for each in body:
        if isinstance(each, (ast.FunctionDef, ast.ClassDef)):
            names.add(each.name)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            names.add(each.target.id)
    return public(names)


def test_every_name_of_the_module_is_declared():
    assert declared(STUBS.body) == public(vars(_native))


def test_every_member_of_its_classes_is_declared():
    for each in STUBS.body:
        if isinstance(each, ast.ClassDef):
            assert declared(each.body) == public(vars(getattr(_native, each.name))), each.name
