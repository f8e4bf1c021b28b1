"""What --emit sends, received by an independent program.

    check_sending.py HOPLAB WHAT
"""
import collections
import json
import re
import signal
import socket
import sys
import time

from harness import (Collector, Datagrams, Place, bytes_of, check, closed_port, datagrams_of, lines,
                     silent_port)

HEADER = '{"format": "json", "version": 1}\n'


def sums(datagrams):
    """Counters added up, by name and tags."""
    totals = collections.Counter()
    for text in datagrams:
        name, value, kind, tags = re.fullmatch(r"([^:]+):([^|]+)\|([^|]+)\|#(.*)", text).groups()
        if kind == "c":
            totals[name, tags] += int(value)
    return totals


def run_sends_what_it_records(place):
    statsd, xray = Datagrams(), Datagrams()
    outcome = place.run("run", "live.yaml", "-o", "live", "--pace", "10x", "--json", "--emit",
                        f"statsd=127.0.0.1:{statsd.port}", "--emit", f"xray=:{xray.port}")
    check(outcome.returncode == 0, outcome.stderr)
    recorded = [text for _, text in datagrams_of(place.path / "live")]
    received = statsd.all()
    check(len(recorded) > 100, "datagrams were recorded")
    check(sorted(received) == sorted(recorded), "datagrams received are those recorded")
    check(sums(received) == sums(recorded), "sums")
    segments = [HEADER + line for line in lines(place.path / "live/xray/segments.jsonl")]
    check(len(segments) > 10, "segments were recorded")
    check(xray.all() == segments, "segments received are those recorded, in order")
    live = json.loads(outcome.stdout)["live"]
    check([entry["sent"] for entry in live] == [len(recorded), len(segments)], f"counted: {live}")
    check(all(entry["dropped"] == entry["lost"] == 0 for entry in live), f"none lost: {live}")
    check(f"{len(recorded)} sent" in outcome.stderr, outcome.stderr)


def facts_of(recording):
    """Every byte but the number of events, of which sending by OTLP takes some."""
    found = dict(bytes_of(recording))
    del found["MANIFEST.json"]
    found["summary.json"] = re.sub(rb'"events":[0-9]+', b"", found["summary.json"])
    return found


def recording_is_the_same_whatever_is_live(place):
    plain = facts_of(place.record())
    statsd = Datagrams()
    for name, arguments in {
            "sent": ["--emit", f"statsd=:{statsd.port}", "--emit",
                     f"otlp=http://:{closed_port(socket.SOCK_STREAM)}"],
            "paced": ["--pace", "20x"],
            "served": ["--serve-stats", "0", "--linger", "0s"]}.items():
        outcome = place.run("run", "live.yaml", "-o", name, *arguments)
        check(outcome.returncode == 0, f"{name}: {outcome.stderr}")
        check(facts_of(place.path / name) == plain, f"{name}: the same bytes")
    statsd.all()


def pace_is_kept(place):
    started = time.monotonic()
    outcome = place.run("run", "live.yaml", "--no-recording", "--pace", "10x")
    took = time.monotonic() - started
    check(outcome.returncode == 0, outcome.stderr)
    check(1.95 <= took < 6, f"20 s at 10x took {took:.2f} s")


def replay_sends_it_again_in_order(place):
    recording = place.record()
    statsd, xray = Datagrams(), Datagrams()
    outcome = place.run("replay", "plain", "--json", "--emit", f"statsd=:{statsd.port}", "--emit",
                        f"xray=:{xray.port}")
    check(outcome.returncode == 0, outcome.stderr)
    recorded = datagrams_of(recording)
    instants = {}
    for instant, text in recorded:
        instants.setdefault(text, []).append(instant)
    received = statsd.all()
    check(sorted(received) == sorted(text for _, text in recorded), "all datagrams, once")
    ordered = [text for _, text in sorted(recorded, key=lambda entry: entry[0])]
    check(received == ordered, "by their instants, those of one instant by the names of the files")
    segments = [HEADER + line for line in lines(recording / "xray/segments.jsonl")]
    check(xray.all() == segments, "segments in the order of the file")
    result = json.loads(outcome.stdout)
    check(result["schema"] == "hoplab.replay/1", result)
    check(result["datagrams"] == len(recorded) and result["segments"] == len(segments), result)


def otlp_document(second, number):
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [
        {"name": str(number), "endTimeUnixNano": str(1767614400_000000000 + second * 10**9)}]}]}]}


def replay_posts_otlp(place):
    """The documents are made here: a recording has them only where the scenario asks for them."""
    recording = place.record()
    (recording / "otlp").mkdir(exist_ok=True)
    spans = [otlp_document(i // 10, i) for i in range(150)]
    metrics = [{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {
        "dataPoints": [{"timeUnixNano": str(1767614400_000000000 + i * 10**9)}]}}]}]}]}
        for i in range(5)]
    manifest = json.loads((recording / "MANIFEST.json").read_text())
    for name, documents in {"otlp/metrics.jsonl": metrics, "otlp/traces.jsonl": spans}.items():
        (recording / name).write_text("".join(json.dumps(document, separators=(",", ":")) + "\n"
                                              for document in documents))
        manifest["files"] = [entry for entry in manifest["files"] if entry["path"] != name]
        manifest["files"].append({"path": name, "size": 0, "xxh3-128": "0" * 32})
    (recording / "MANIFEST.json").write_text(json.dumps(manifest))
    collector = Collector(fails_first=1)  # The first answer is 503: it comes again.
    outcome = place.run("replay", "plain", "--json", "--emit",
                        f"otlp=http://127.0.0.1:{collector.port}/base")
    collector.stop()
    check(outcome.returncode == 0, outcome.stderr)
    check(sorted(collector.posts) == ["/base/v1/metrics", "/base/v1/traces"], collector.posts.keys())
    names = [span["name"] for post in collector.posts["/base/v1/traces"]
             for resource in post["resourceSpans"] for scope in resource["scopeSpans"]
             for span in scope["spans"]]
    check(names == [str(i) for i in range(150)], f"every span once, in order: {names}")
    points = sum(len(post["resourceMetrics"]) for post in collector.posts["/base/v1/metrics"])
    check(points == 5, "every metric")
    live = json.loads(outcome.stdout)["live"]
    check(live[0]["sent"] == 155 and live[0]["lost"] == live[0]["dropped"] == 0, live)


def dead_receivers_stall_nothing(place):
    started = time.monotonic()
    plain = facts_of(place.record())
    usual = time.monotonic() - started
    with silent_port() as silent:
        started = time.monotonic()
        outcome = place.run("run", "live.yaml", "-o", "dead", "--json", "--emit",
                            f"statsd=:{closed_port(socket.SOCK_DGRAM)}", "--emit",
                            f"xray=:{closed_port(socket.SOCK_DGRAM)}", "--emit",
                            f"otlp=http://:{silent}")
        took = time.monotonic() - started
    check(outcome.returncode == 0, outcome.stderr)
    check(took < usual + 7, f"{took:.1f} s, {usual:.1f} s without receivers")
    check(facts_of(place.path / "dead") == plain, "the recording is whole")
    live = json.loads(outcome.stdout)["live"]
    recorded = len(datagrams_of(place.path / "dead"))
    statsd = live[0]
    check(statsd["sent"] + statsd["dropped"] + statsd["lost"] == recorded, f"all counted: {statsd}")
    check(statsd["lost"] > recorded / 2, f"most of them as lost: {statsd}")
    check("nobody listens there" in outcome.stderr, outcome.stderr)


def replay_does_not_hang_on_a_receiver_that_never_reads(place):
    recording = place.record()
    (recording / "otlp").mkdir(exist_ok=True)
    filler = "x" * 10000
    with (recording / "otlp/traces.jsonl").open("w") as out:
        for i in range(3000):
            document = otlp_document(i // 200, i)
            document["resourceSpans"][0]["filler"] = filler
            out.write(json.dumps(document, separators=(",", ":")) + "\n")
    manifest = json.loads((recording / "MANIFEST.json").read_text())
    manifest["files"].append({"path": "otlp/traces.jsonl", "size": 0, "xxh3-128": "0" * 32})
    (recording / "MANIFEST.json").write_text(json.dumps(manifest))
    with silent_port() as silent:
        started = time.monotonic()
        outcome = place.run("replay", "plain", "--json", "--emit", f"otlp=http://:{silent}")
        took = time.monotonic() - started
    check(outcome.returncode == 0, outcome.stderr)
    check(took < 20, f"took {took:.1f} s")
    entry = json.loads(outcome.stdout)["live"][0]
    check(entry["sent"] == 0 and entry["dropped"] > 0, entry)
    check(entry["dropped"] + entry["lost"] == 3000, entry)
    check("no answer in time" in outcome.stderr, outcome.stderr)


def interrupt_works_at_once(place):
    for arguments in (["run", "live.yaml", "-o", "cut", "--pace", "1x"],
                      ["replay", "plain", "--pace", "1x"]):
        place.record()
        statsd = Datagrams()
        process = place.start(*arguments, "--emit", f"statsd=:{statsd.port}")
        time.sleep(1)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        took = time.monotonic() - started
        statsd.all()
        check(process.returncode == 130, f"{arguments[0]}: exit code {process.returncode}")
        check(took < 1.5, f"{arguments[0]}: took {took:.2f} s")
    check((place.path / "cut.partial/UNFINISHED.json").exists(), "an unfinished recording")
    check(not (place.path / "cut").exists(), "nothing under the final name")


def mistakes_are_told(place):
    place.record()
    cases = {
        ("run", "live.yaml", "--pace", "quick"): 2,
        ("run", "live.yaml", "--emit", "statsd=x"): 2,
        ("run", "live.yaml", "--emit", "otlp=https://127.0.0.1"): 2,
        ("run", "live.yaml", "--serve-stats", "70000"): 2,
        ("run", "live.yaml", "--linger", "1s"): 2,
        ("replay", "plain"): 2,
        ("run", "live.yaml", "--no-recording", "--emit", "statsd=no-such-host.invalid:1"): 4,
        ("replay", "nowhere", "--emit", "statsd=:1"): 4,
        ("replay", ".", "--emit", "statsd=:1"): 3,
    }
    for arguments, code in cases.items():
        outcome = place.run(*arguments)
        check(outcome.returncode == code, f"{arguments}: {outcome.returncode}: {outcome.stderr}")
        check(outcome.stderr.strip() and not outcome.stdout, f"{arguments}: one error on stderr")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        outcome = place.run("run", "live.yaml", "-o", "taken", "--serve-stats", str(port))
    check(outcome.returncode == 4 and "cannot serve" in outcome.stderr, outcome.stderr)
    check(not list(place.path.glob("taken*")), "no trace of a run that did not begin")
    partial = place.path / "half.partial"
    partial.mkdir()
    (partial / "UNFINISHED.json").write_text("{}")
    outcome = place.run("replay", "half", "--emit", "statsd=:1")
    check(outcome.returncode == 3 and "unfinished run" in outcome.stderr, outcome.stderr)
    damaged = place.path / "plain/statsd"
    victim = sorted(damaged.glob("*.log"))[0]
    victim.write_text("no instant\n" + victim.read_text())
    outcome = place.run("replay", "plain", "--emit", f"statsd=:{closed_port(socket.SOCK_DGRAM)}")
    check(outcome.returncode == 3 and f"{victim.name}:1: not a message" in outcome.stderr,
          outcome.stderr)


CHECKS = [run_sends_what_it_records, recording_is_the_same_whatever_is_live, pace_is_kept,
          replay_sends_it_again_in_order, replay_posts_otlp, dead_receivers_stall_nothing,
          replay_does_not_hang_on_a_receiver_that_never_reads, interrupt_works_at_once,
          mistakes_are_told]

if __name__ == "__main__":
    by_name = {function.__name__: function for function in CHECKS}
    for wanted in sys.argv[2:] or by_name:
        by_name[wanted](Place(sys.argv[1]))
        print(f"{wanted}: good")
