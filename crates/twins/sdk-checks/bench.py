"""The running twins, a receiver for their callbacks, and a list of checks."""

import json
import os
import queue
import subprocess
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Arrived:
    """One callback as it came."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Gateway(ThreadingHTTPServer):
    def handle_error(self, *_):
        """The twins close their connections without a word when they stop."""


class Bench:
    """Starts everything; use it as a context."""

    def __enter__(self):
        self.arrived = queue.Queue()
        self.gateway = self._gateway()
        command = [os.environ["TWINS_SERVE"], self.url]
        self.twins = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.connections = json.loads(self.twins.stdout.readline())["connections"]
        return self

    def __exit__(self, *_):
        self.twins.stdin.close()
        self.twins.wait(timeout=10)
        self.gateway.shutdown()

    def _gateway(self):
        bench = self

        class Receiver(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                bench.arrived.put(Arrived(self.path, self.headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = Gateway(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def next(self):
        """The next callback, within five seconds."""
        return self.arrived.get(timeout=5)

    def play(self, event, **params):
        """Plays a fixture and gives its callback."""
        self.twins.stdin.write(f"{event} {json.dumps(params)}\n")
        self.twins.stdin.flush()
        answer = json.loads(self.twins.stdout.readline())
        assert "error" not in answer, answer
        assert answer["status"] == 200, answer
        return self.next()


def refusal(kind, call):
    """The error of a call that must fail."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError("it was taken")


def run(*checks):
    """Runs each check against twins of its own; ends the program."""
    failed = 0
    for check in checks:
        name = check.__name__.replace("_", " ")
        try:
            with Bench() as bench:
                check(bench)
            print(f"  ok      {name}")
        except Exception:  # whatever it is, the check failed
            failed += 1
            print(f"  FAILED  {name}")
            traceback.print_exc(file=sys.stdout)
    sys.exit(1 if failed else 0)
