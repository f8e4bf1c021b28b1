"""How fast hoplab answers questions about a recording, beside other programs.

Makes a recording of about 1 GB of log lines (a short run's lines, again and again, later each
time), asks the same questions of hoplab, jq, sqlite3 and DuckDB in one session, and prints a table.
Files are in the page cache for all of them. A program that is not there is told as such; DuckDB is
taken from npm (@duckdb/node-api) where that can be installed.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios" / "talk_two_hops.yaml"

EVENT = re.compile(r'\{"timestamp":(\d+),"ingestionTime":(\d+)(.*)')

# Each question in the words of each program.
BIN = "timestamp - timestamp % 60000"
QUESTIONS = [
    {
        "name": "scan: count by minute",
        "hoplab": "stats count(*) as n by bin(1m)",
        "jq": "reduce inputs as $l ({}; .[($l.timestamp - $l.timestamp % 60000) | tostring] += 1)"
              " | add",
        "sql": "select sum(n) from (select count(*) as n from events group by {bin})",
    },
    {
        "name": "filter by a JSON field, count by minute",
        "hoplab": "filter source = \"stdout\" | stats count(*) as n by bin(1m)",
        "jq": "reduce inputs as $l ({}; ($l.message | fromjson? // {}) as $m"
              " | if ($m | type) == \"object\" and $m.source == \"stdout\""
              " then .[($l.timestamp - $l.timestamp % 60000) | tostring] += 1 else . end) | add",
        "sql": "select sum(n) from (select count(*) as n from events where message like '{{%'"
               " and json_extract({json}, '$.source') {is} group by {bin})",
        "value": "stdout",
    },
    {
        "name": "a field within JSON within JSON, mean by minute",
        "hoplab": "fields jsonParse(log) as l | filter l.status >= 200"
                  " | stats count(*) as n, avg(l.durationMs) as mean by bin(1m)",
        "jq": "reduce inputs as $l ({}; ($l.message | fromjson? // {}) as $m"
              " | (if ($m | type) == \"object\" then ($m.log | fromjson? // {}) else {} end) as $a"
              " | if ($a | type) == \"object\" and ($a.status // 0) >= 200 then"
              " (($l.timestamp - $l.timestamp % 60000) | tostring) as $b"
              " | .[$b].n += 1 | .[$b].s += $a.durationMs else . end) | map(.n) | add",
        "sql": "select sum(n) from (select count(*) as n, avg(cast({ms} as double)) from events"
               " where message like '{{%' and cast({status} as integer) >= 200 group by {bin})",
    },
]


def run(command, **more):
    """Seconds and what it printed; ends the study when it fails."""
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    seconds = time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return seconds, done.stdout


def make_recording(hoplab, folder, size):
    """Lines of a short run, repeated with later timestamps until there are enough."""
    with tempfile.TemporaryDirectory() as scratch:
        short = Path(scratch) / "short"
        subprocess.run([hoplab, "run", str(SCENARIO), "-o", str(short)], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = sorted((short / "logs").glob("*ecs*/*.jsonl"), key=lambda p: -p.stat().st_size)[:4]
        total = sum(path.stat().st_size for path in files)
        span = 240_000
        for path in files:
            target = folder / "logs" / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            events = [EVENT.match(line).groups() for line in path.read_text().splitlines()]
            with target.open("w") as out:
                for again in range(max(1, round(size / total))):
                    late = again * span
                    out.writelines(f'{{"timestamp":{int(a) + late},"ingestionTime":{int(b) + late}'
                                   f'{rest}\n' for a, b, rest in events)
    return sorted((folder / "logs").glob("*/*.jsonl"))


def with_hoplab(hoplab, folder, question):
    seconds, out = run([hoplab, "logs", "query", str(folder), question["hoplab"],
                        "--output", "json"])
    rows = json.loads(out)["results"]
    return seconds, sum(int(field["value"]) for row in rows for field in row
                        if field["field"] == "n")


def with_jq(files, question):
    seconds, out = run(["jq", "-n", question["jq"], *map(str, files)])
    return seconds, int(float(out))


def sqlite_question(question):
    log = "json_extract(message, '$.log')"
    text = question["sql"].format(
        bin=BIN, json="message", ms=f"json_extract({log}, '$.durationMs')",
        status=f"json_extract({log}, '$.status')", **{"is": f"= '{question.get('value')}'"})
    return text


def load_sqlite(files, scratch):
    """What it takes to have the lines in a table."""
    base = scratch / "events.db"
    script = ["pragma journal_mode=off;", "pragma synchronous=off;", "create table raw(line);",
              ".mode ascii", ".separator \"\\037\" \"\\n\""]
    script += [f".import '{path}' raw" for path in files]
    script += ["create table events as select json_extract(line, '$.timestamp') as timestamp,"
               " json_extract(line, '$.message') as message from raw;", "drop table raw;"]
    seconds, _ = run(["sqlite3", str(base)], input="\n".join(script))
    return base, seconds


def with_sqlite(base, question):
    seconds, out = run(["sqlite3", str(base), sqlite_question(question) + ";"])
    return seconds, int(out.strip())


DUCKDB = """
import { DuckDBInstance } from '@duckdb/node-api';
const input = JSON.parse(process.argv[2]);
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(`set threads=${input.threads}`);
const begin = performance.now();
const reader = await connection.runAndReadAll(input.sql);
console.log(JSON.stringify([(performance.now() - begin) / 1000, Number(reader.getRows()[0][0])]));
"""


def find_duckdb(home):
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "node_modules" / "@duckdb").exists():
        done = subprocess.run(["npm", "install", "--silent", "@duckdb/node-api"], cwd=home,
                              capture_output=True, check=False, timeout=300)
        if done.returncode != 0:
            return None
    (home / "ask.mjs").write_text(DUCKDB)
    return home


def with_duckdb(home, files, question):
    names = ", ".join(f"'{path}'" for path in files)
    table = (f"read_json([{names}], format='newline_delimited', columns={{timestamp:'BIGINT',"
             "message:'VARCHAR'})")
    log = "json_extract_string(message, '$.log')"
    sql = question["sql"].format(
        bin=BIN, json="message", ms=f"json_extract_string({log}, '$.durationMs')",
        status=f"json_extract_string({log}, '$.status')",
        **{"is": f"= '\"{question.get('value')}\"'"}).replace("from events", f"from {table}")
    _, out = run(["node", "ask.mjs", json.dumps({"sql": sql, "threads": os.cpu_count()})], cwd=home)
    seconds, rows = json.loads(out)
    return seconds, rows


def median_of(rounds, ask, wanted, who, name):
    times = []
    for _ in range(rounds):
        seconds, rows = ask()
        if wanted is not None and rows != wanted:
            sys.exit(f"{who} counts {rows} rows for '{name}', hoplab {wanted}")
        times.append(seconds)
    return sorted(times)[len(times) // 2], rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hoplab")
    parser.add_argument("--size", type=float, default=1.0, help="GB of log lines")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "study")
    options = parser.parse_args()
    folder = options.keep / f"recording-{options.size}"
    files = sorted((folder / "logs").glob("*/*.jsonl"))
    if not files:
        files = make_recording(options.hoplab, folder, int(options.size * 1e9))
    size = sum(path.stat().st_size for path in files)
    lines = sum(int(run(["wc", "-l", str(path)])[1].split()[0]) for path in files)
    print(f"{size / 1e9:.2f} GB, {lines} lines, {os.cpu_count()} cores; seconds, medians of "
          f"{options.rounds} (jq and sqlite3: once)")
    duckdb = find_duckdb(options.keep / "duckdb")
    head = f"{'':48} hoplab   GB/s  lines/s  DuckDB      jq  sqlite3"
    print(head + "\n" + "-" * len(head))
    missed = []
    with tempfile.TemporaryDirectory(dir=options.keep) as scratch:
        base, load = load_sqlite(files, Path(scratch)) if shutil.which("sqlite3") else (None, 0)
        for question in QUESTIONS:
            name = question["name"]
            ours, rows = median_of(options.rounds,
                                   lambda q=question: with_hoplab(options.hoplab, folder, q),
                                   None, "hoplab", name)
            cells = f"{name:48} {ours:6.2f} {size / 1e9 / ours:6.2f} {lines / ours / 1e6:6.2f} M"
            duck = None
            if duckdb:
                duck, _ = median_of(options.rounds,
                                    lambda q=question: with_duckdb(duckdb, files, q), rows,
                                    "DuckDB", name)
            cells += f" {duck:7.2f}" if duck else "       -"
            if shutil.which("jq"):
                jq, _ = median_of(1, lambda q=question: with_jq(files, q), rows, "jq", name)
                cells += f" {jq:7.2f}"
                missed += [f"{name}: {jq / ours:.1f} times jq, not 20"] if jq < 20 * ours else []
            else:
                cells += "       -"
            if base:
                table, _ = median_of(1, lambda q=question: with_sqlite(base, q), rows, "sqlite3",
                                     name)
                cells += f" {table:8.2f}"
            print(cells, flush=True)
            missed += [f"{name}: {ours:.2f} s, not 5"] if ours > 5 else []
            missed += [f"{name}: slower than DuckDB"] if duck and ours > duck else []
    if base:
        print(f"sqlite3 needs {load:.1f} s more to have the lines in a table")
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
