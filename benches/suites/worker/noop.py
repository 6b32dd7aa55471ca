"""The handler of e2e_latency's Python cases."""

import tasker


@tasker.step("bench.python_noop")
def noop():
    return None
