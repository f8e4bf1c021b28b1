#!/usr/bin/env python3
"""Runs scenarios with every request traced, and reads the traces as an outsider would.

usage: check_scenarios.py --hoplab PROGRAM [--node-modules DIR] [--jobs J] [--bites] SCENARIO...

Of each recording: X-Ray's rules for segments (segments.py), OTLP's rules (otlp.py), and that the
sources agree: as many segments and spans as access-log lines and application lines, the same ids and
parents in both. With --node-modules the files are also read back by OpenTelemetry's own package.
--bites damages the first scenario's recording in one place after the other and must notice each.
Exit code: 1 when something does not hold, or when damage goes unnoticed.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import otlp
import segments

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'conservation'))
from recording import Recording  # noqa: E402

EVERY_REQUEST = '\ntelemetry: {otlp: true, xray: {samplingRule: {FixedRate: 1, ReservoirSize: 1}}}\n'


def text_of(path):
    with open(path) as file:
        text = file.read()
    text = re.sub(r'(?m)^duration: ([0-9]+h|[0-9]{1,}m)$', 'duration: 60s', text)
    if re.search(r'(?m)^telemetry:', text):
        return None
    return text + EVERY_REQUEST


def run(hoplab, scenario, text, folder):
    """Runs the text beside its artefacts; the recording's folder, None when it says no."""
    beside = os.path.dirname(os.path.abspath(scenario))
    copy = os.path.join(folder, 'scenarios')
    shutil.copytree(beside, copy)
    changed = os.path.join(copy, os.path.basename(scenario))
    with open(changed, 'w') as file:
        file.write(text)
    recording = os.path.join(folder, 'recording')
    done = subprocess.run([hoplab, 'run', changed, '-o', recording], capture_output=True, text=True)
    if done.returncode == 3:  # A fault or a window lies behind the shortened end.
        with open(changed, 'w') as file:
            file.write(open(scenario).read() + EVERY_REQUEST)
        done = subprocess.run([hoplab, 'run', changed, '-o', recording], capture_output=True,
                              text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError('%s: exit code %d: %s' % (scenario, done.returncode, done.stderr))
    return recording


@functools.lru_cache(maxsize=4)
def recording_of(folder):
    return Recording(folder)


@functools.lru_cache(maxsize=4)
def exports_of(folder):
    return otlp.read(folder)


# --- Sources agree ---------------------------------------------------------------------------------

def spans_by_task(recording):
    """{task: Counter of 'proxy', 'server', 'client'} of what OTLP's file has."""
    counts = collections.defaultdict(collections.Counter)
    for resource, scope, span in exports_of(recording)[0].items:
        kind = 'proxy' if scope == 'envoy' else 'server' if span['kind'] == 2 else 'client'
        counts[resource['service.instance.id']][kind] += 1
    return counts


def count_troubles(folder):
    """At 100 % sampling every line has its segment and its span."""
    recording = recording_of(folder)
    spans = spans_by_task(folder)
    nobody_was_killed = not any(task.anything_was_killed for task in recording.tasks.values())
    for task in recording.tasks.values():
        if task.anything_was_killed:
            continue  # Its buffers went with it.
        found = spans[task.id]
        if found['proxy'] != len(task.lines):
            yield 'task %s: %d access-log lines and %d spans of its Envoy' % (
                task.id, len(task.lines), found['proxy'])
        if nobody_was_killed and found['server'] != len(task.app_lines):
            yield 'task %s: %d lines and %d spans of its application' % (
                task.id, len(task.app_lines), found['server'])
    if not nobody_was_killed:
        return
    lines = sum(len(task.lines) for task in recording.tasks.values())
    proxies = [part for part in recording.segments if part.get('origin') == 'AWS::AppMesh::Proxy']
    if len(proxies) != lines:
        yield '%d access-log lines and %d segments of Envoys' % (lines, len(proxies))
    applications = len(recording.segments) - len(proxies)
    if applications != sum(len(task.app_lines) for task in recording.tasks.values()):
        yield '%d segments of applications, and another number of their lines' % applications


def parent_troubles(folder):
    """A span has the trace, id and parent that X-Ray's document of the same work has."""
    known = {}
    for part in recording_of(folder).segments:
        trace = part['trace_id'][2:].replace('-', '')
        known[part['id']] = (trace, part.get('parent_id'))
        for call in part.get('subsegments', []):
            known[call['id']] = (trace, part['id'])
    spans = exports_of(folder)[0].items
    if len(spans) == 0:
        yield 'no spans at all'
    for _, _, span in spans:
        told = (span['traceId'], span.get('parentSpanId'))
        if known.get(span['spanId']) != told:
            yield 'span %s is %s here and %s in X-Ray' % (span['spanId'], told,
                                                          known.get(span['spanId']))


def log_troubles(folder):
    """Every line about a request carries its trace, and OTLP's record the same one."""
    expected = collections.Counter()
    for path in log_files(folder):
        with open(path) as file:
            for line in file:
                message = json.loads(line)['message']
                inner = json.loads(message).get('log', message) if message[0] == '{' else ''
                if not inner.startswith('{') or 'transactionId' not in inner:
                    continue
                record = json.loads(inner)
                if 'traceId' not in record:
                    yield 'a line without a trace: ' + inner
                    continue
                expected[record['traceId'][2:].replace('-', '')] += 1
    got = collections.Counter(record.get('traceId') for _, _, record in exports_of(folder)[2].items)
    killed = any(task.anything_was_killed for task in recording_of(folder).tasks.values())
    if killed:
        if got - expected:
            yield 'OTLP has log records that no file has'
    elif got != expected:
        yield '%d lines and %d log records, or of other traces' % (sum(expected.values()),
                                                                   sum(got.values()))


def log_files(folder):
    with open(os.path.join(folder, 'logs', 'index.json')) as file:
        for stream in json.load(file)['streams']:
            if stream['logGroupName'].startswith('/ecs/'):
                yield os.path.join(folder, stream['file'])


def metric_troubles(folder):
    """The last histograms count the requests that the lines tell of."""
    recording = recording_of(folder)
    if any(task.anything_was_killed for task in recording.tasks.values()):
        return
    last = {}
    for resource, _, metric in exports_of(folder)[1].items:
        last[(resource['service.instance.id'], metric['name'])] = metric
    for task in recording.tasks.values():
        metric = last.get((task.id, 'http.server.request.duration'))
        points = metric['histogram']['dataPoints'] if metric else []
        counted = sum(int(point['count']) for point in points)
        if counted != len(task.app_lines):
            yield 'task %s: %d lines, and a histogram of %d' % (task.id, len(task.app_lines),
                                                                counted)


CHECKS = (segments.troubles, otlp.troubles, count_troubles, parent_troubles, log_troubles,
          metric_troubles)


def troubles_of(folder):
    recording_of.cache_clear()  # It may have been damaged meanwhile.
    exports_of.cache_clear()
    found = []
    for check in CHECKS:
        found += ['%s: %s' % (check.__name__, text) for text in check(folder)]
    return found


def read_back(node_modules, folder):
    done = subprocess.run(['node', os.path.join(HERE, 'otlp', 'read_back.cjs'), folder],
                          env={**os.environ, 'NODE_PATH': node_modules}, capture_output=True,
                          text=True)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def audit(hoplab, node_modules, scenario):
    text = text_of(scenario)
    if text is None:
        return None
    folder = tempfile.mkdtemp(prefix='hoplab-traces-')
    try:
        recording = run(hoplab, scenario, text, folder)
        found = troubles_of(recording)
        if node_modules:
            found += read_back(node_modules, recording)
        return found
    finally:
        shutil.rmtree(folder)


# --- Damage ----------------------------------------------------------------------------------------

def changed_line(number, change):
    def damage(lines):
        part = json.loads(lines[number])
        change(part)
        lines[number] = json.dumps(part, separators=(',', ':')) + '\n'
    return damage


def first_span(part):
    return part['resourceSpans'][0]['scopeSpans'][0]['spans'][0]


DAMAGE = (
    ('a segment is lost', 'xray/segments.jsonl', lambda lines: lines.pop(3)),
    ('an id is short', 'xray/segments.jsonl', changed_line(2, lambda it: it.update(id='12'))),
    ('a false boolean', 'xray/segments.jsonl', changed_line(2, lambda it: it.update(fault=False))),
    ('both ends', 'xray/segments.jsonl', changed_line(2, lambda it: it.update(in_progress=True))),
    ('a name with a quote', 'xray/segments.jsonl', changed_line(2, lambda it: it.update(name='a"'))),
    ('an unknown member', 'xray/segments.jsonl', changed_line(2, lambda it: it.update(kind='x'))),
    ('another parent', 'xray/segments.jsonl',
     changed_line(0, lambda it: it.update(parent_id='0123456789abcdef'))),
    ('a long text', 'xray/segments.jsonl',
     changed_line(2, lambda it: it['http']['request'].update(user_agent='x' * 251))),
    ('a span is lost', 'otlp/traces.jsonl', changed_line(
        0, lambda it: it['resourceSpans'][0]['scopeSpans'][0]['spans'].pop())),
    ('a number for text', 'otlp/traces.jsonl',
     changed_line(0, lambda it: first_span(it).update(startTimeUnixNano=1))),
    ('an id in capitals', 'otlp/traces.jsonl',
     changed_line(0, lambda it: first_span(it).update(traceId='A' * 32))),
    ('an unknown field', 'otlp/traces.jsonl',
     changed_line(0, lambda it: first_span(it).update(span_kind=2))),
    ('a request is lost', 'otlp/logs.jsonl', lambda lines: lines.pop(1)),
    ('all collections are lost', 'otlp/metrics.jsonl', lambda lines: lines.clear()),
)


@contextlib.contextmanager
def damaged(path, damage):
    """The file, its lines as `damage` leaves them; yields whether they differ, and takes it back."""
    with open(path) as file:
        lines = file.readlines()
    others = list(lines)
    damage(others)
    with open(path, 'w') as file:
        file.writelines(others)
    yield others != lines
    with open(path, 'w') as file:
        file.writelines(lines)


def unnoticed(hoplab, scenario):
    folder = tempfile.mkdtemp(prefix='hoplab-traces-')
    try:
        recording = run(hoplab, scenario, text_of(scenario), folder)
        for text in troubles_of(recording):
            yield 'undamaged: ' + text
        for name, file, damage in DAMAGE:
            with damaged(os.path.join(recording, file), damage) as is_other:
                if not is_other or not troubles_of(recording):
                    yield 'nobody noticed: ' + name
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('--node-modules')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--bites', action='store_true')
    parser.add_argument('scenarios', nargs='+')
    words = parser.parse_args()
    if words.bites:
        found = list(unnoticed(words.hoplab, words.scenarios[0]))
        print('\n'.join(found) or 'all %d kinds of damage were noticed' % len(DAMAGE))
        return 1 if found else 0
    failed = checked = 0
    with concurrent.futures.ThreadPoolExecutor(words.jobs) as pool:
        audits = [pool.submit(audit, words.hoplab, words.node_modules, one)
                  for one in words.scenarios]
        for scenario, future in zip(words.scenarios, audits):
            found = future.result()
            if found is None:
                continue
            checked += 1
            for text in found[:10]:
                print('%s: %s' % (os.path.basename(scenario), text))
            failed += bool(found)
    print('%d scenarios, %d with contradictions' % (checked, failed))
    return 1 if failed or checked == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
