"""What --serve-stats serves: Envoy's admin pages, while a run goes on and when it is over.

    check_serving.py HOPLAB WHAT
"""
import collections
import contextlib
import json
import math
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

from harness import (Place, bytes_of, check, closed_port, finish, get, lines, port_served, skip,
                     wait_until)

LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)")


def series(page):
    """(name, labels) to value."""
    found = {}
    for line in page.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = LINE.fullmatch(line).groups()
            check((name, labels) not in found, f"twice: {line}")
            found[name, labels] = float(value)
    return found


def targets(port):
    status, text = get(port, "/sd")
    check(status == 200, text)
    return json.loads(text)


def page_of(port, target, path="/stats/prometheus"):
    """By the path that the target itself names."""
    prefix = target["labels"]["__metrics_path__"].removesuffix("/stats/prometheus")
    return get(port, prefix + path)


def requests_of(page):
    return sum(value for (name, labels), value in series(page).items()
               if name.startswith("envoy_http_downstream_rq_total"))


def live_pages_grow_and_the_last_ones_stay(place):
    process = place.start("run", "live.yaml", "-o", "served", "--pace", "10x", "--serve-stats", "0")
    port = port_served(process)
    found = targets(port)
    check(len(found) == 3, f"one target for each Envoy: {found}")
    check(len({target["labels"]["instance"] for target in found}) == 3, "instances differ")
    first = [requests_of(page_of(port, target)[1]) for target in found]
    wait_until(lambda: requests_of(page_of(port, found[0])[1]) > first[0], "counters grow")
    wait_until(lambda: any("is over" in line for line in process.told), "the end", 60)
    check((place.path / "served/MANIFEST.json").exists(), "the recording is there by then")
    last = [page_of(port, target)[1] for target in found]
    check(last == [page_of(port, target)[1] for target in found], "it stands still")
    logged = 0
    for path in (place.path / "served/logs").rglob("*envoy*.jsonl"):
        logged += len(lines(path))
    check(sum(map(requests_of, last)) == logged, "requests counted are lines of the access logs")
    process.send_signal(signal.SIGINT)
    finish(process)
    check(process.returncode == 0, f"the verdict, not the signal: {process.returncode}")


def every_admin_page_is_served(place):
    process = place.start("run", "live.yaml", "--no-recording", "--json", "--serve-stats", "0")
    port = port_served(process)
    wait_until(lambda: any("is over" in line for line in process.told), "the end", 60)
    one = targets(port)[0]
    prefix = one["labels"]["__metrics_path__"].removesuffix("/stats/prometheus")
    for path in ("/stats", "/clusters", "/listeners", "/ready"):
        status, text = get(port, prefix + path)
        check(status == 200 and text, f"{path}: {status}")
    check(get(port, prefix + "/ready")[1] == "LIVE\n", "ready")
    check(get(port, prefix + "/listeners")[1] ==
          "lds_ingress_0.0.0.0_15000::0.0.0.0:15000\nlds_egress_0.0.0.0_15001::0.0.0.0:15001\n",
          "listeners")
    for path in ("/config_dump", "/server_info", "/stats?format=json", "/clusters?format=json",
                 "/listeners?format=json"):
        status, text = get(port, prefix + path)
        check(status == 200 and json.loads(text), f"{path}: {status}")
    whole = get(port, prefix + "/stats")[1].splitlines()
    some = get(port, prefix + "/stats?filter=" + urllib.parse.quote("upstream_rq_(total|timeout)$"))
    check(some[1].splitlines() == [line for line in whole
                                   if re.search(r"upstream_rq_(total|timeout): ", line)], "filter")
    used = get(port, prefix + "/stats?usedonly")[1].splitlines()
    check(0 < len(used) < len(whole) and set(used) < set(whole), "usedonly")
    check(get(port, prefix + "/stats/prometheus")[1] == get(port, prefix + "/stats?format=prometheus")[1],
          "two names of one page")
    some = series(get(port, prefix + "/stats?format=prometheus&filter=upstream_rq_200$")[1])
    check(some and all('envoy_response_code="200"' in labels for _, labels in some),
          "a filter is about whole names, in each form")
    check(get(port, prefix + "/stats?format=bogus")[0] == 400, "an unknown form")
    check(get(port, prefix + "/quitquitquit")[0] == 404, "nothing that would change an Envoy")
    check(get(port, "/a/ready")[0] == 200 and get(port, "/b/ready")[0] == 404, "services by name")
    check(get(port, "/none/ready")[0] == 404 and get(port, "/")[0] == 200, "index")
    process.send_signal(signal.SIGTERM)
    out = finish(process)
    check(process.returncode == 0 and json.loads(out)["exitCode"] == 0, "the result was printed")


def linger_ends_by_itself(place):
    started = time.monotonic()
    outcome = place.run("run", "live.yaml", "--no-recording", "--serve-stats", "0", "--linger", "1s")
    check(outcome.returncode == 0 and time.monotonic() - started > 1, outcome.stderr)


def many_ask_at_once(place):
    """Every page is whole, and the run comes to the same result."""
    plain = bytes_of(place.record())
    process = place.start("run", "live.yaml", "-o", "asked", "--pace", "20x", "--serve-stats", "0",
                          "--linger", "0s")
    port = port_served(process)
    prefix = targets(port)[0]["labels"]["__metrics_path__"]
    askers = [subprocess.Popen(
        [sys.executable, "-c",
         "import sys, urllib.request\n"
         "for _ in range(30):\n"
         "    try: text = urllib.request.urlopen(sys.argv[1]).read().decode()\n"
         "    except OSError: break\n"
         "    assert text.endswith('\\n\\n') and text.startswith('# TYPE '), text\n",
         f"http://127.0.0.1:{port}{prefix}"]) for _ in range(4)]
    codes = [asker.wait(60) for asker in askers]
    finish(process)
    check(codes == [0, 0, 0, 0], codes)
    check(process.returncode == 0 and bytes_of(place.path / "asked") == plain, "the same bytes")


def served_to_its_end(place):
    """A run that is over and goes on being served, and where."""
    process = place.start("run", "live.yaml", "--no-recording", "--serve-stats", "0")
    port = port_served(process)
    wait_until(lambda: any("is over" in line for line in process.told), "the end", 60)
    return process, port


def promtool_accepts_every_page(place):
    if shutil.which("promtool") is None:
        skip("there is no promtool (package prometheus)")
    process, port = served_to_its_end(place)
    for target in targets(port):
        page = page_of(port, target)[1]
        outcome = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                                 capture_output=True, check=False)
        # Exit code 3 is its opinion of names (Envoy's counters do not end in _total); 1 is an error.
        check(outcome.returncode in (0, 3), outcome.stderr[:2000])
    process.send_signal(signal.SIGINT)
    finish(process)


@contextlib.contextmanager
def prometheus(place, port):
    """A Prometheus server that finds its targets through /sd; what it answers to a query."""
    (place.path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: envoy\n"
        f"    http_sd_configs: [{{url: 'http://127.0.0.1:{port}/sd'}}]\n")
    own = closed_port(socket.SOCK_STREAM)
    with (place.path / "prometheus.log").open("w") as log:
        server = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address=127.0.0.1:{own}"], cwd=place.path, stderr=log, stdout=log)

    def ask(query):
        try:
            text = get(own, "/api/v1/query?query=" + urllib.parse.quote(query))[1]
            return json.loads(text)["data"]["result"]
        except (OSError, KeyError, ValueError):
            return []
    try:
        count = len(targets(port))
        wait_until(lambda: len([row for row in ask('up{job="envoy"}') if row["value"][1] == "1"])
                   == count, "every target is up", 60)
        yield ask
    finally:
        server.terminate()
        server.wait(20)


def prometheus_scrapes_every_envoy(place):
    if shutil.which("prometheus") is None:
        skip("there is no prometheus")
    process, port = served_to_its_end(place)
    expected = {(target["labels"]["instance"], name, labels): value for target in targets(port)
                for (name, labels), value in series(page_of(port, target)[1]).items()}
    with prometheus(place, port) as ask:
        rows = ask('{job="envoy",__name__=~"envoy_.*"}')
        check(len(rows) == len(expected), f"{len(rows)} series of {len(expected)}")
        total = sum(float(row["value"][1]) for row in rows
                    if row["metric"]["__name__"] == "envoy_http_downstream_rq_total")
        ours = sum(value for (_, name, _), value in expected.items()
                   if name == "envoy_http_downstream_rq_total")
        check(total == ours > 0, f"{total} requests scraped, {ours} served")
    process.send_signal(signal.SIGINT)
    finish(process)


def prometheus_scrapes_the_shop_of_a_recording(place):
    """The series above zero, and of each name the sum, are those of the recording's files."""
    if shutil.which("prometheus") is None:
        skip("there is no prometheus")
    scenario = pathlib.Path(__file__).parents[3] / "scenarios/talk_microservices.yaml"
    outcome = place.run("run", str(scenario), "-o", "shop")
    check(outcome.returncode == 0, outcome.stderr)
    ours, above = collections.Counter(), 0
    for page in sorted((place.path / "shop/envoy").glob("*/stats.prom")):
        for (name, _), value in series(page.read_text()).items():
            ours[name] += value
            above += value > 0
    process = place.start("replay", "shop", "--serve-stats", "0")
    with prometheus(place, port_served(process)) as ask:
        rows = ask('{job="envoy",__name__=~"envoy_.*"} > 0')
        check(len(rows) == above >= 3000, f"{len(rows)} series above zero, {above} in the files")
        sums = ask('sum by (__name__) ({job="envoy",__name__=~"envoy_.*"})')
        theirs = {row["metric"]["__name__"]: float(row["value"][1]) for row in sums}
        wrong = [name for name in sorted(set(ours) | set(theirs))
                 if not math.isclose(ours[name], theirs.get(name, -1), rel_tol=1e-9)]
        check(not wrong, f"other sums of {wrong[:5]}")
        print(f"{len(rows)} series above zero of {len(theirs)} names")
    process.send_signal(signal.SIGINT)
    finish(process)


def replay_serves_the_last_pages(place):
    recording = place.record()
    folder = recording / "envoy"
    if not folder.exists():
        outcome = place.run("replay", "plain", "--serve-stats", "0")
        check(outcome.returncode == 3 and "no pages to serve" in outcome.stderr, outcome.stderr)
        skip("recordings have no pages of Envoys yet")
    process = place.start("replay", "plain", "--serve-stats", "0")
    port = port_served(process)
    for target in targets(port):
        own = folder / target["labels"]["instance"]
        check(page_of(port, target)[1] == (own / "stats.prom").read_text(), "stats.prom")
        check(page_of(port, target, "/stats")[1] == (own / "stats.txt").read_text(), "stats.txt")
        check(page_of(port, target, "/clusters")[0] == 404, "not in a recording")
    by_service = sorted(target["labels"].get("ecs_service", "") for target in targets(port))
    check(by_service == ["a", "b", "b"], f"services by the tasks' documents: {by_service}")
    check(get(port, "/a/stats")[0] == 200, "a service with one Envoy is a name of it")
    whole = series(get(port, "/a/stats/prometheus")[1])
    for path in ("/a/stats/prometheus?usedonly", "/a/stats?format=prometheus&usedonly"):
        used = series(get(port, path)[1])
        check(0 < len(used) < len(whole) and set(used) < set(whole), "usedonly")
    for path in ("/a/stats?filter=rq&format=prometheus", "/a/stats?format=bogus"):
        check(get(port, path)[0] == 400, f"{path} is refused, not misunderstood")
    process.send_signal(signal.SIGINT)
    finish(process)


CHECKS = [live_pages_grow_and_the_last_ones_stay, every_admin_page_is_served, linger_ends_by_itself,
          many_ask_at_once, promtool_accepts_every_page, prometheus_scrapes_every_envoy,
          prometheus_scrapes_the_shop_of_a_recording, replay_serves_the_last_pages]

if __name__ == "__main__":
    by_name = {function.__name__: function for function in CHECKS}
    for wanted in sys.argv[2:] or by_name:
        by_name[wanted](Place(sys.argv[1]))
        print(f"{wanted}: good")
