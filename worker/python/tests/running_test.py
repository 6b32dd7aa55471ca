"""How coroutines are run and cancelled."""

import asyncio

from tasker import _running


def test_cancellation_after_the_result_does_nothing():
    async def answer():
        return 42

    problems = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, problem: problems.append(problem))
    run = _running._Run(answer())
    loop.call_soon(run.start)
    for _ in range(5):
        loop.run_until_complete(asyncio.sleep(0))
    assert run.result() == 42
    loop.call_soon(run.cancel)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert problems == []
