"""One kept HTTP/1.1 connection with as little as possible around it, for latencies below 1 ms."""

import socket


class HttpConnection:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.host = address
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def receive(self):
        more = self.socket.recv(1 << 16)
        if not more:
            raise RuntimeError("the server closed the connection")
        self.buffer += more

    def exchange(self, method, path, body=""):
        """The status and the body of the answer."""
        payload = body.encode()
        head = (f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n")
        self.socket.sendall(head.encode() + payload)
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self.receive()
        lines = self.buffer[:end].decode().split("\r\n")
        fields = {name.lower(): value.strip()
                  for name, _, value in (line.partition(":") for line in lines[1:])}
        total = end + 4 + int(fields["content-length"])
        while len(self.buffer) < total:
            self.receive()
        answer, self.buffer = self.buffer[end + 4:total], self.buffer[total:]
        return int(lines[0].split()[1]), answer.decode()

    def expect(self, statuses, method, path, body=""):
        status, answer = self.exchange(method, path, body)
        if status not in statuses:
            raise RuntimeError(f"{method} {path} was answered {status}: {answer[:500]}")
        return answer
