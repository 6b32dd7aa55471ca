"""The templates that ``testing.run`` knows: that of the task, and those of its child tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Dict, List, Optional, Tuple

from . import _native, _operations, _trial_database

Template = Dict[str, Any]  # compiled; with `undo`, the steps that undo others


class Templates:
    """As if all were registered, each after those that it names.

    Raises ValueError for what registration refuses. ``first`` is the template of the task.
    """

    def __init__(
        self,
        first: _operations.TemplateSource,
        others: Iterable[_operations.TemplateSource],
        environment: str,
    ) -> None:
        self.first = _compiled(first, environment, "")
        self.all = [self.first] + [
            _compiled(other, environment, f"templates[{number}]: ")
            for number, other in enumerate(others)
        ]
        self._check_names()
        ordered: List[Template] = []
        for template in self.all:
            self._check_children(template, [], ordered)
        _trial_database.check_paths(self.steps())

    def steps(self) -> List[Dict[str, Any]]:
        return [step for template in self.all for step in template["steps"] + template["undo"]]

    def named(self, namespace: str, name: str, version: Optional[str]) -> Optional[Template]:
        """That version, or the highest one."""
        fitting = [
            template
            for template in self.all
            if (template["namespace"], template["name"]) == (namespace, name)
            and version in (None, template["version"])
        ]
        return max(fitting, key=lambda each: _numbers(each["version"]), default=None)

    def child_of(self, template: Template, step: Dict[str, Any]) -> Template:
        """The template of a step with ``workflow``."""
        namespace, name, version = _child(template, step)
        child = self.named(namespace, name, version)
        place = f"steps.{step['name']}.workflow"
        if (namespace, name) == (template["namespace"], template["name"]):
            raise ValueError(
                f"{place}: a template cannot contain itself, or another version of itself"
            )
        if child is None:
            wanted = " ".join(filter(None, (name, version)))
            raise ValueError(
                f"{place}: there is no template {namespace}/{wanted}; pass it in `templates`"
            )
        return child

    def _check_names(self) -> None:
        names = [(each["namespace"], each["name"], each["version"]) for each in self.all]
        for namespace, name, version in names:
            if names.count((namespace, name, version)) > 1:
                raise ValueError(f"template {namespace}/{name} {version} is given twice")

    def _check_children(
        self, template: Template, outer: List[Template], ordered: List[Template]
    ) -> None:
        """Adds the template to ``ordered`` after those that it names."""
        if any(template is each for each in outer):
            names = ", ".join(each["name"] for each in outer)
            raise ValueError(f"templates contain each other: {names}")
        if any(template is each for each in ordered):
            return
        for step in template["steps"]:
            if step["workflow"]:
                self._check_children(self.child_of(template, step), [*outer, template], ordered)
        ordered.append(template)


def _child(template: Template, step: Dict[str, Any]) -> Tuple[str, str, Optional[str]]:
    workflow = step["workflow"]
    namespace = workflow.get("namespace") or template["namespace"]
    return namespace, workflow["name"], workflow.get("version")


def _numbers(version: str) -> List[int]:
    return [int(number) for number in version.split(".")]


def _compiled(source: _operations.TemplateSource, environment: str, place: str) -> Template:
    text, content_type = _operations.template_text(source)
    is_json = content_type == "application/json"
    problems, compiled = _native.compile_template(text, is_json, environment)
    if problems:
        raise ValueError(place + "; ".join(problems))
    assert compiled is not None  # there are no problems
    steps = compiled["steps"]
    compiled["steps"] = [step for step in steps if step["undoes"] is None]
    compiled["undo"] = [step for step in steps if step["undoes"] is not None]
    return compiled
