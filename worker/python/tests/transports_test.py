"""Connections of the clients belong to one process and one event loop."""

import asyncio
import http.server
import json
import os
import resource
import threading

import pytest
from forked import in_child, limit
from worker_program import until

from tasker import Unreachable, _async_http, _http, _sync_http


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers with the port of the client, which distinguishes connections."""

    protocol_version = "HTTP/1.1"
    asked = threading.Event()
    may_answer = threading.Event()

    def do_GET(self):
        if self.path == "/late":
            self.asked.set()
            self.may_answer.wait(limit)
        body = json.dumps(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    _Answers.asked.clear()
    _Answers.may_answer.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield _http.address_of(f"http://localhost:{server.server_port}")
        _Answers.may_answer.set()
        server.shutdown()


def test_forked_client_has_its_own_connection(address):
    transport = _sync_http.Transport(address, limit)
    of_parent = transport.send(_http.get("/"))
    of_child = in_child(lambda: transport.send(_http.get("/")))
    assert of_child != of_parent
    assert transport.send(_http.get("/")) == of_parent
    transport.close()


def test_child_that_closes_its_client_does_not_close_the_parents_connection(address):
    transport = _sync_http.Transport(address, limit)
    of_parent = transport.send(_http.get("/"))
    in_child(transport.close)
    assert transport.send(_http.get("/")) == of_parent
    transport.close()


def test_client_that_is_forked_during_a_request_works_in_both_processes(address):
    transport = _sync_http.Transport(address, limit)
    answers = []
    late = threading.Thread(target=lambda: answers.append(transport.send(_http.get("/late"))))
    late.start()
    assert _Answers.asked.wait(limit)
    of_child = in_child(lambda: transport.send(_http.get("/")))
    _Answers.may_answer.set()
    late.join()
    assert answers and answers != [of_child]
    transport.close()


def test_connection_of_a_thread_ends_with_it(address):
    transport = _sync_http.Transport(address, limit)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        thread = threading.Thread(target=transport.send, args=(_http.get("/"),))
        thread.start()
        thread.join()
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)
    transport.close()


def test_client_works_in_a_process_with_many_open_files(address):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    nothing = os.open(os.devnull, os.O_RDONLY)
    opened = [os.dup(nothing) for _ in range(1100)]
    try:
        transport = _sync_http.Transport(address, limit)
        first = transport.send(_http.get("/"))
        assert transport.send(_http.get("/")) == first
        transport.close()
    finally:
        for each in [nothing, *opened]:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_forked_async_client_has_its_own_connection(address):
    async def both():
        transport = _async_http.Transport(address, limit)

        async def ask():
            answer = await transport.send(_http.get("/"))
            if os.getpid() != parent:
                await transport.close()
            return answer

        parent = os.getpid()
        of_parent = await ask()
        of_child = in_child(lambda: asyncio.run(ask()))
        again = await ask()
        await transport.close()
        return of_parent, of_child, again

    of_parent, of_child, again = asyncio.run(both())
    assert of_child != of_parent
    assert again == of_parent


def test_async_client_works_on_one_loop_after_the_other(address):
    transport = _async_http.Transport(address, limit)
    ports = [asyncio.run(transport.send(_http.get("/"))) for _ in range(4)]
    assert all(isinstance(port, int) for port in ports)


def test_async_client_keeps_connections_of_two_loops_apart(address):
    transport = _async_http.Transport(address, limit)
    loops = [asyncio.new_event_loop(), asyncio.new_event_loop()]
    ports = [
        [loop.run_until_complete(transport.send(_http.get("/"))) for loop in loops]
        for _ in range(2)
    ]
    assert ports[0] == ports[1] and ports[0][0] != ports[0][1]
    for loop in loops:
        loop.run_until_complete(transport.close())
        loop.close()


def test_async_client_on_a_loop_that_is_shut_down_is_unreachable(address):
    async def ask():
        await asyncio.get_running_loop().shutdown_default_executor()
        await _async_http.Transport(address, limit).send(_http.get("/"))

    with pytest.raises(Unreachable, match="no response from localhost:"):
        asyncio.run(ask())
