"""What the checks of live telemetry share: a scenario, hoplab as a process, receivers.

Everything is sent to 127.0.0.1 and nowhere else.
"""
import collections
import contextlib
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

SKIPPED = 77  # What CTest is told to take as "not run".

SCENARIO = """\
hoplab: 1
name: live
duration: 20s
services:
  a: {calls: [{to: b, path: /user}]}
  b: {serviceTime: 7ms, desiredCount: 2}
network: {latency: 2ms}
workload: [{rate: 20/s, to: a}]
expectations:
  - {thresholds: {a.http_req_failed: "rate<0.001"}}
"""


def check(is_good, what):
    if not is_good:
        raise SystemExit(f"FAILED: {what}")


def skip(why):
    print(f"SKIPPED: {why}")
    raise SystemExit(SKIPPED)


class Place:
    """A folder of its own, with the scenario in it."""

    def __init__(self, hoplab):
        self.hoplab = str(pathlib.Path(hoplab).resolve())
        self._folder = tempfile.TemporaryDirectory(prefix="hoplab-live-")
        self.path = pathlib.Path(self._folder.name)
        (self.path / "live.yaml").write_text(SCENARIO)

    def run(self, *arguments, timeout=60):
        return subprocess.run([self.hoplab, *arguments], cwd=self.path, text=True,
                              capture_output=True, timeout=timeout, check=False)

    def start(self, *arguments):
        return subprocess.Popen([self.hoplab, *arguments], cwd=self.path, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def record(self, name="plain"):
        """A recording of the scenario, without anything live."""
        outcome = self.run("run", "live.yaml", "-o", name)
        check(outcome.returncode == 0, f"a plain run: {outcome.stderr}")
        return self.path / name


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def datagrams_of(recording):
    """(milliseconds, datagram) of all tasks."""
    found = []
    for path in sorted((recording / "statsd").glob("*.log")):
        for line in lines(path):
            instant, datagram = line.split(" ", 1)
            found.append((int(instant), datagram))
    return found


def bytes_of(recording):
    return {str(path.relative_to(recording)): path.read_bytes()
            for path in sorted(recording.rglob("*")) if path.is_file()}


class Datagrams:
    """A UDP receiver that keeps up: a large buffer and a thread of its own."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        SO_RCVBUFFORCE = 33  # Linux; only root may.
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 28)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 28)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.received = []
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self):
        while True:
            try:
                self.received.append(self.socket.recv(65536).decode())
            except TimeoutError:
                if self._stops.is_set():
                    return

    def all(self):
        self._stops.set()
        self._thread.join()
        self.socket.close()
        return self.received


class Collector:
    """An OTLP/HTTP receiver that keeps what is posted, by path."""

    def __init__(self, fails_first=0):
        self.posts = collections.defaultdict(list)
        self.failures_left = fails_first
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 200
                if outer.failures_left > 0:
                    outer.failures_left -= 1
                    status = 503
                else:
                    check(self.headers["Content-Type"] == "application/json", "content type")
                    outer.posts[self.path].append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


def closed_port(kind):
    """A port where nobody listens."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def silent_port():
    """A port that takes connections (its kernel does) and never reads a byte."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        yield silent.getsockname()[1]


def get(port, path):
    """(status, text)"""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def port_served(process, patience=30):
    """The port that a process says it serves on; its stderr is read on by a thread."""
    found = []
    ready = threading.Event()
    process.told = []

    def read():
        for line in process.stderr:
            process.told.append(line)
            match = re.search(r"at http://127\.0\.0\.1:(\d+)/", line)
            if match:
                found.append(int(match.group(1)))
                ready.set()
        ready.set()

    process.reader = threading.Thread(target=read, daemon=True)
    process.reader.start()
    ready.wait(patience)
    check(found, f"no address was told: {process.told}")
    return found[0]


def finish(process, timeout=30):
    """Its stdout; its stderr is in `told`."""
    out = process.stdout.read()
    process.wait(timeout)
    process.reader.join()
    return out


def wait_until(is_true, what, patience=30):
    deadline = time.monotonic() + patience
    while not is_true():
        check(time.monotonic() < deadline, f"waited in vain: {what}")
        time.sleep(0.02)


def environment_without(*names):
    return {key: value for key, value in os.environ.items() if key not in names}
