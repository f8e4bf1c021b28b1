#!/usr/bin/env python3
"""Runs scenarios with every request traced: all sources must tell the same amounts (sums.py).

usage: check_sums.py --hoplab PROGRAM [--jobs J] [--bites] SCENARIO...

--bites damages recordings of the scenarios in one place after the other, each must be noticed.
Exit code: 1 when sources disagree, or when damage goes unnoticed.
"""

import argparse
import concurrent.futures
import gc
import glob
import json
import os
import re
import shutil
import sys
import tempfile

import check_scenarios as traces  # First: it says where the recording's reader is.
import sums
from recording import ACCESS_LINE, Recording


def text_of(scenario):
    """The scenario with every request traced and OTLP on; shorter where minutes are alike."""
    text = traces.text_of(scenario)
    if text is not None:
        return re.sub(r'\b10m\b', '1m', text) if 'faults:' not in text else text
    with open(scenario) as file:
        text = file.read()
    more = '  otlp: true\n'
    if not re.search(r'(?m)^  xray:', text):
        more += '  xray: {samplingRule: {FixedRate: 1, ReservoirSize: 1}}\n'
    elif not re.search(r'FixedRate: 1(\.0)?\b', text):
        raise RuntimeError('%s has a telemetry of its own that does not trace all' % scenario)
    return re.sub(r'(?m)^telemetry:\n', 'telemetry:\n' + more, text)


def audit(hoplab, scenario):
    """([contradictions], figures)"""
    gc.disable()  # Of the garbage collector's rounds over a million small objects none finds any.
    folder = tempfile.mkdtemp(prefix='hoplab-sums-')
    try:
        whole = sums.Audit(Recording(traces.run(hoplab, scenario, text_of(scenario), folder)))
        return list(whole.contradictions()), whole.figures()
    finally:
        shutil.rmtree(folder)
        gc.enable()


# --- Damage ---------------------------------------------------------------------------------------

def access_logs(recording):
    """The largest first, so that a line of it is one among many."""
    found = []
    for path in glob.glob(os.path.join(recording, 'logs', '*', '*')):
        with open(path) as file:
            first = file.readline()
        if first and ACCESS_LINE.match(json.loads(first)['message']):
            found.append(path)
    return sorted(found, key=os.path.getsize)


def shortest_access_log(recording):
    """Of a host that lost its power, where there is one."""
    return access_logs(recording)[0]


def statsd_log(recording):
    return sorted(glob.glob(os.path.join(recording, 'statsd', '*.log')), key=os.path.getsize)[-1]


def in_file(*parts):
    return lambda recording: os.path.join(recording, *parts)


def without_line(wanted):
    """Damage: the line in the middle of those that match is lost."""
    def damage(lines):
        places = [place for place, line in enumerate(lines) if re.search(wanted, line)]
        del lines[places[len(places) // 2]]
    return damage


def one_more(pattern):
    """Damage: the number in the middle of those that match is one more."""
    def damage(lines):
        places = [place for place, line in enumerate(lines) if re.search(pattern, line)]
        place = places[len(places) // 2]
        match = re.search(pattern, lines[place])
        lines[place] = '%s%d%s' % (lines[place][:match.start(1)], int(match[1]) + 1,
                                   lines[place][match.end(1):])
    return damage


def everywhere(text, other):
    """Damage: one of two gauges of each collection is overwritten, so all are changed."""
    def damage(lines):
        lines[:] = [line.replace(text, other) for line in lines]
    return damage


def last_line_gone(lines):
    del lines[-1]


METRICS = in_file('cloudwatch', 'metrics.jsonl')
SEGMENTS = in_file('xray', 'segments.jsonl')
TIMING = r'"metric_type","Value":"timing"'
DAMAGE = (
    ('a line of an Envoy is lost', shortest_access_log, without_line(r'HTTP/1')),
    ('its last line is lost', shortest_access_log, last_line_gone),
    ('another code', shortest_access_log, one_more(r'HTTP/1\.1.{0,2} (200) ')),
    ('a segment of an Envoy is lost', SEGMENTS, without_line('AppMesh')),
    ('a segment of an application is lost', SEGMENTS, without_line('AWS::ECS::Container')),
    ('a request is counted twice', statsd_log, one_more(r'downstream_rq_xx:(\d+)\|c')),
    ('a byte more', statsd_log, one_more(r'downstream_cx_rx_bytes_total:(\d+)\|c')),
    ('another gauge', statsd_log, everywhere('membership_total:1|g', 'membership_total:2|g')),
    ('a timing is lost', statsd_log, without_line(r'\|ms\|')),
    ('a metric is lost', METRICS, without_line('"counter"')),
    ('a sum is off', METRICS, one_more(r'"counter".*"Sum":(\d+)')),
    ('a sample is too much', METRICS, one_more(r'SampleCount":(\d+)')),
    ('a value is too much', METRICS, one_more(TIMING + r'.*"Counts":\[(\d+)')),
    ('another minute', METRICS, one_more(TIMING + r'.*T12:0(\d):00')),
)


def unnoticed(hoplab, scenario):
    folder = tempfile.mkdtemp(prefix='hoplab-sums-')
    name = os.path.basename(scenario)
    try:
        recording = traces.run(hoplab, scenario, text_of(scenario), folder)
        for text in sums.contradictions(Recording(recording)):
            yield '%s, undamaged: %s' % (name, text)
        for what, find, damage in DAMAGE:
            with traces.damaged(find(recording), damage) as is_other:
                if not is_other or not list(sums.contradictions(Recording(recording))):
                    yield '%s: nobody noticed: %s' % (name, what)
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--bites', action='store_true')
    parser.add_argument('scenarios', nargs='+')
    words = parser.parse_args()
    if words.bites:
        found = [text for one in words.scenarios for text in unnoticed(words.hoplab, one)]
        print('\n'.join(found) or 'all %d kinds of damage were noticed' % len(DAMAGE))
        return 1 if found else 0
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(words.jobs) as pool:
        pending = [pool.submit(audit, words.hoplab, one) for one in words.scenarios]
        for scenario, future in zip(words.scenarios, pending):
            found, told = future.result()
            print('%-36s %s' % (os.path.basename(scenario), told))
            for text in found[:10]:
                print('  ' + text)
            failed += bool(found)
    print('%d scenarios, %d whose sources disagree' % (len(words.scenarios), failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
