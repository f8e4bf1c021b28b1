#!/usr/bin/env python3
"""Do the views of an Envoy's statistics agree, and do other people's tools read them?

usage: check_envoy_stats.py --hoplab PROGRAM SCENARIO...

Runs each scenario and compares what stands in its recording, in four formats:

  envoy/<task>/stats.prom     promtool parses it (skipped, with a message, where there is no promtool)
  envoy/<task>/stats.txt      has the same numbers
  statsd/<task>.log           sums of counters, last values of gauges and numbers of timings are those
                              of the page
  cloudwatch/metrics.jsonl    sums of the agent's statistic sets are those of the datagrams, and
                              percentiles of its Values are as far off as its bins are wide
  logs/                       as many access-log lines as the connection manager has completed

For scenarios in which every Envoy lives to the end. Prints each contradiction; exit code 1 when there
is one.
"""

import argparse
import collections
import glob
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'conservation'))
from recording import Recording  # noqa: E402

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
# What promtool's linter says of a real Envoy's pages, too: they follow no Prometheus conventions.
KNOWN_LINT = ('no help text', 'counter metrics should have "_total" suffix',
              'non-counter metrics should not have "_total" suffix',
              'non-histogram and non-summary metrics should not have "_count" suffix',
              'metric names should not contain abbreviated units', 'use base unit')
BIN_ERROR = math.sqrt(1.1) - 1  # Of the agent's bins, whose middles it publishes.


def sanitised(name):
    return re.sub(r'[^a-zA-Z0-9_]', '_', name)


def read_page(path):
    """({(name, labels): value}, {name: type})"""
    samples, types = {}, {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            line = line.rstrip('\n')
            if line.startswith('# TYPE '):
                name, kind = line[len('# TYPE '):].split(' ')
                if name in types:
                    raise ValueError('%s: two groups of %s' % (path, name))
                types[name] = kind
            elif line:
                name, labels, value = SAMPLE.match(line).groups()
                key = (name, tuple(sorted(LABEL.findall(labels))))
                if key in samples:
                    raise ValueError('%s: twice: %s' % (path, line))
                samples[key] = float(value)
    return samples, types


def read_datagrams(path):
    """counters, gauges, timings by (name, labels)"""
    counters, gauges = collections.Counter(), {}
    timings = collections.defaultdict(list)
    with open(path, encoding='utf-8') as file:
        for line in file:
            datagram = line.rstrip('\n').split(' ', 1)[1]
            metric, kind, tags = datagram.split('|')
            name, _, value = metric.rpartition(':')
            labels = tuple(sorted((sanitised(key), text) for key, text in
                                  (tag.split(':', 1) for tag in tags[1:].split(','))))
            key = (sanitised(name), labels)
            if kind == 'c':
                counters[key] += int(value)
            elif kind == 'g':
                gauges[key] = int(value)
            else:
                timings[key].append(int(value))
    return counters, gauges, timings


def check_promtool(path):
    promtool = shutil.which('promtool')
    if promtool is None:
        return
    with open(path, 'rb') as file:
        run = subprocess.run([promtool, 'check', 'metrics'], stdin=file, capture_output=True,
                             text=True, check=False)
    if run.returncode not in (0, 3):
        yield '%s: promtool: %s' % (path, run.stderr.strip()[:300])
    for line in run.stderr.splitlines():
        if not any(known in line for known in KNOWN_LINT):
            yield '%s: promtool: %s' % (path, line)


def check_against_datagrams(name, samples, types, counters, gauges, timings):
    told = {key for key in samples if types.get(key[0]) == 'counter' and samples[key] > 0}
    for key in sorted(told | set(counters)):
        if counters.get(key, 0) != samples.get(key, 0):
            yield '%s: %s: the page says %g, the datagrams %d' % (name, key, samples.get(key, 0),
                                                                  counters.get(key, 0))
    for key, value in sorted(gauges.items()):
        # An uptime grows; the largest numbers of 64 bits are rounded by this program's reader.
        if samples.get(key) != float(value):
            yield '%s: %s: the page says %s, the last datagram %d' % (name, key, samples.get(key),
                                                                      value)
    for (metric, labels), values in sorted(timings.items()):
        count = samples.get((metric + '_count', labels))
        if count != len(values):
            yield '%s: %s %s: %s on the page, %d datagrams' % (name, metric, labels, count,
                                                               len(values))


def check_text(path, samples):
    """The numbers of the page for people, by number and by their total, are those of the other."""
    numbers = collections.Counter()
    with open(path, encoding='utf-8') as file:
        for line in file:
            value = line.rstrip('\n').rsplit(': ', 1)[1]
            if value.isdigit():
                numbers[float(value)] += 1
    others = collections.Counter(value for (name, _), value in samples.items()
                                 if not re.search(r'_(bucket|sum|count)$', name))
    if numbers != others:
        yield '%s: other numbers than stats.prom: %s' % (
            path, sorted(((numbers - others) + (others - numbers)).items())[:5])


def check_lines(recording, task, samples, node):
    for direction in ('ingress', 'egress'):
        lines = sum(1 for line in task.lines if line.direction == direction and line.code)
        completed = sum(value for (name, labels), value in samples.items()
                        if name == 'envoy_http_downstream_rq_completed' and
                        ('envoy_http_conn_manager_prefix', direction) in labels)
        if lines != completed:
            yield '%s %s: %d lines, %d completed' % (node, direction, lines, completed)


def rank(pairs, share):
    """The nearest-rank percentile of (value, count) pairs."""
    pairs = sorted(pairs)
    wanted = max(1, math.ceil(share * sum(count for _, count in pairs)))
    for value, count in pairs:
        wanted -= count
        if wanted <= 0:
            return value
    return pairs[-1][0]


def check_agent(recording, counters, timings):
    sums, values = collections.Counter(), collections.defaultdict(list)
    with open(os.path.join(recording, 'cloudwatch', 'metrics.jsonl'), encoding='utf-8') as file:
        for line in file:
            datum = json.loads(line)
            dimensions = {item['Name']: item['Value'] for item in datum['Dimensions']}
            kind = dimensions.pop('metric_type', None)
            if kind is None:
                continue
            if len(datum['Values']) > 150 or len(datum['Values']) != len(datum['Counts']):
                yield 'agent: %d values, %d counts' % (len(datum['Values']), len(datum['Counts']))
            key = (datum['MetricName'],
                   tuple(sorted((sanitised(name), text) for name, text in dimensions.items())))
            if kind == 'counter':
                sums[key] += datum['StatisticValues']['Sum']
            elif kind == 'timing':
                values[key] += zip(datum['Values'], datum['Counts'])
    if not sums:
        yield 'agent: it has published nothing'
    for key, total in sorted(counters.items()):
        if sums.get(key, 0) != total:
            yield 'agent: %s: %g, of datagrams that add up to %d' % (key, sums.get(key, 0), total)
    worst = 0
    for key, exact in sorted(timings.items()):
        for share in (0.5, 0.9, 0.95, 0.99):
            told = rank(values[key], share) if key in values else math.nan
            true = rank(((value, 1) for value in exact), share)
            off = abs(told - true) / true if true else abs(told)
            worst = max(worst, off)
            if not off <= BIN_ERROR + 1e-9:
                yield 'agent: p%g of %s is %g, exactly %g' % (100 * share, key, told, true)
    print('  percentiles of the agent: %.1f %% off at most' % (100 * worst))


def check(hoplab, scenario, folder):
    recording = os.path.join(folder, 'recording')
    run = subprocess.run([hoplab, 'run', scenario, '-o', recording], capture_output=True, text=True,
                         check=False)
    if run.returncode not in (0, 1):
        yield '%s: %s' % (scenario, run.stderr.strip())
        return
    logs = Recording(recording)
    series = above_zero = 0
    all_counters, all_timings = collections.Counter(), collections.defaultdict(list)
    pages = sorted(glob.glob(os.path.join(recording, 'envoy', '*', 'stats.prom')))
    if not pages:
        yield '%s: no page' % scenario
    for page in pages:
        task = os.path.basename(os.path.dirname(page))
        samples, types = read_page(page)
        series += len(samples)
        above_zero += sum(1 for value in samples.values() if value > 0)
        counters, gauges, timings = read_datagrams(os.path.join(recording, 'statsd', task + '.log'))
        all_counters.update(counters)
        for key, values in timings.items():
            all_timings[key] += values
        yield from check_promtool(page)
        yield from check_against_datagrams(task, samples, types, counters, gauges, timings)
        yield from check_text(page.removesuffix('.prom') + '.txt', samples)
        yield from check_lines(logs, logs.tasks[task], samples, task)
    print('%s: %d Envoys, %d Prometheus series, %d above zero' % (
        os.path.basename(scenario), len(pages), series, above_zero))
    yield from check_agent(recording, all_counters, all_timings)
    shutil.rmtree(recording)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('scenarios', nargs='+')
    arguments = parser.parse_args()
    if shutil.which('promtool') is None:
        print('promtool is not installed (Debian package prometheus): its part is skipped')
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for scenario in arguments.scenarios:
            for contradiction in check(arguments.hoplab, scenario, folder):
                print('  ' + contradiction)
                failed = True
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
