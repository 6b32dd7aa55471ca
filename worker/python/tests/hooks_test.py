"""``on_failure`` and ``on_complete`` of a template: in memory, and built in Python."""

import pytest

import tasker
from tasker import testing

HOOKED = """
name: hooked
version: 1.0.0
steps:
  - name: a
    handler: {callable: h}
on_failure: {webhook: "https://example.org/failures", secret: billing}
on_complete: {workflow: {name: report}}
"""


def test_a_run_in_memory_names_the_hook_that_the_engine_would_run():
    complete = testing.run(HOOKED, stubs={"h": lambda: 5})
    assert complete.hook == {"workflow": {"name": "report"}}

    def fail():
        raise tasker.Permanent("no")

    failed = testing.run(HOOKED, stubs={"h": fail})
    assert failed.hook == {"webhook": "https://example.org/failures", "secret": "billing"}
    plain = testing.run(HOOKED.split("on_failure")[0], stubs={"h": fail})
    assert plain.hook is None


def test_a_template_with_hooks_can_be_built():
    made = tasker.Template(
        "hooked",
        version="1.0.0",
        on_failure=tasker.Hook(webhook="https://example.org/failures", secret="billing"),
        on_complete=tasker.Hook(workflow="report", version="1.2.0"),
    )
    made.step("a", "h")
    built = made.to_dict()
    assert built["on_failure"] == {"webhook": "https://example.org/failures", "secret": "billing"}
    assert built["on_complete"] == {"workflow": {"name": "report", "version": "1.2.0"}}
    wrong = tasker.Template("t", version="1.0.0", on_failure=tasker.Hook(secret="a"))
    wrong.step("a", "h")
    with pytest.raises(ValueError, match="on_failure: must have either `webhook` or `workflow`"):
        wrong.to_dict()
