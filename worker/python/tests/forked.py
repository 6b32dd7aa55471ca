"""Calls a function in a forked process, for the tests."""

import json
import os
import select
import signal

limit = 60.0


def in_child(call):
    """What ``call`` returns in the child, through JSON. The child does nothing else."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(call()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    try:
        with os.fdopen(reader) as reported:
            assert select.select([reported], [], [], limit)[0], "the child does not answer"
            return json.loads(reported.read())
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
