"""The statsd server that most people know (npm "statsd") adds up what hoplab sends; its sums are
those of the recording.

    check_statsd_server.py HOPLAB FOLDER

FOLDER keeps the server, which is installed there once. Between the two stands a receiver that hands
each datagram on as a line over TCP: a server that gets no core for a moment leaves datagrams to the
kernel, which drops what its buffer cannot hold, and those are not what is asked about here.
"""
import collections
import pathlib
import re
import shutil
import socket
import subprocess
import sys

from harness import Datagrams, Place, check, closed_port, datagrams_of, skip, wait_until

VERSION = "0.9.0"


def server_in(folder):
    script = folder / "node_modules/statsd/stats.js"
    if shutil.which("node") is None or shutil.which("npm") is None:
        skip("there is no node with npm")
    if not script.exists():
        folder.mkdir(parents=True, exist_ok=True)
        outcome = subprocess.run(
            ["npm", "install", "--prefix", str(folder), "--omit=optional", "--ignore-scripts",
             "--no-audit", "--no-fund", f"statsd@{VERSION}"], capture_output=True, text=True,
            check=False, timeout=240)
        if outcome.returncode != 0 or not script.exists():
            skip("npm cannot install statsd here")
    return script


def sums_printed(text):
    """Of the counters of all flushes. The console's form is JavaScript's own, not JSON."""
    sums = collections.Counter()
    is_counters = False
    for line in text.splitlines():
        if line.startswith("  counters: {"):
            is_counters = "}" not in line
        elif line.startswith("  }"):
            is_counters = False
        elif is_counters:
            name, value = re.fullmatch(r"    '?([^']+?)'?: (\d+),?", line).groups()
            sums[name] += int(value)
    return sums


def name_there(name, tags):
    """As the server writes tags: "name;tag=value;..."."""
    return ";".join([name] + [tag.replace(":", "=", 1) for tag in tags.split(",")])


def main(hoplab, folder):
    script = server_in(pathlib.Path(folder))
    place = Place(hoplab)
    port, management = closed_port(socket.SOCK_STREAM), closed_port(socket.SOCK_STREAM)
    (place.path / "config.js").write_text(
        f'{{ servers: [{{ server: "./servers/tcp", port: {port}, address: "127.0.0.1" }}], '
        f'mgmt_port: {management}, mgmt_address: "127.0.0.1", '
        'backends: ["./backends/console"], flushInterval: 1000 }\n')
    output = place.path / "statsd.out"
    with output.open("w") as out:
        server = subprocess.Popen(["node", str(script), str(place.path / "config.js")], stdout=out,
                                  stderr=out)
    try:
        wait_until(lambda: "Flushing stats" in output.read_text(), "the server runs", 60)
        receiver = Datagrams()
        outcome = place.run("run", "live.yaml", "-o", "rec", "--pace", "10x", "--emit",
                            f"statsd=127.0.0.1:{receiver.port}")
        check(outcome.returncode == 0, outcome.stderr)
        with socket.create_connection(("127.0.0.1", port)) as relay:
            relay.sendall("".join(text + "\n" for text in receiver.all()).encode())
        flushes = output.read_text().count("Flushing stats")
        wait_until(lambda: output.read_text().count("Flushing stats") >= flushes + 3, "flushes", 60)
    finally:
        server.terminate()
        server.wait(20)
    wanted = collections.Counter()
    datagrams = [text for _, text in datagrams_of(place.path / "rec")]
    for text in datagrams:
        name, value, kind, tags = re.fullmatch(r"([^:]+):([^|]+)\|([^|]+)\|#(.*)", text).groups()
        if kind == "c":
            wanted[name_there(name, tags)] += int(value)
    got = sums_printed(output.read_text())
    check(got["statsd.bad_lines_seen"] == 0, "it understands every datagram")
    check(got["statsd.metrics_received"] == len(datagrams),
          f"{got['statsd.metrics_received']} datagrams of {len(datagrams)}")
    got = {name: value for name, value in got.items() if not name.startswith("statsd.")}
    check(len(wanted) > 10 and sum(wanted.values()) > 100, "there is something to add up")
    check(got == dict(wanted), f"sums differ: {set(got.items()) ^ set(wanted.items())}")
    print(f"{len(wanted)} sums of {len(datagrams)} datagrams are equal")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
