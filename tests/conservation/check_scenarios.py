#!/usr/bin/env python3
"""Runs scenarios and audits what they record; then damages a recording and must notice.

usage: check_scenarios.py --hoplab PROGRAM [--jobs J] [--bites] SCENARIO...

Each scenario runs as it is, and with every request sampled. Hours are cut to ten minutes, as for the
digests. --bites takes the first scenario only: of its recording, one fact after the other is
changed (a line lost, a counter off by one, a segment gone, a call before its caller's), and the
audit must find each. Exit code: 1 when a recording does not add up, or when damage goes unnoticed.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from check_recording import contradictions
from recording import ACCESS_LINE, Recording

EVERY_REQUEST = '\ntelemetry: {xray: {samplingRule: {FixedRate: 1, ReservoirSize: 1}}}\n'


def variants(text):
    """[(name, text, whether every request is traced)]."""
    text = re.sub(r'(?m)^duration: ([0-9]+h|[0-9]{2,}m)$', 'duration: 10m', text)
    found = [('as it is', text, False)]
    if not re.search(r'(?m)^(telemetry|mesh): ?(none)?', text):
        found.append(('every request sampled', text + EVERY_REQUEST, True))
    return found


def run(hoplab, scenario, text, folder):
    """Runs the text beside its artefacts; the recording's folder."""
    copy = os.path.join(folder, os.path.basename(os.path.dirname(os.path.abspath(scenario))))
    shutil.copytree(os.path.dirname(os.path.abspath(scenario)), copy)
    changed = os.path.join(copy, os.path.basename(scenario))
    with open(changed, 'w') as file:
        file.write(text)
    recording = os.path.join(folder, 'recording')
    done = subprocess.run([hoplab, 'run', changed, '-o', recording], capture_output=True, text=True)
    # An expectation may fail in a shortened run: its bytes count, not its verdict.
    if done.returncode not in (0, 1):
        raise RuntimeError('%s: exit code %d: %s' % (scenario, done.returncode, done.stderr))
    return recording


def audit(hoplab, scenario):
    """[(variant, [contradictions])]."""
    with open(scenario) as file:
        text = file.read()
    found = []
    for name, changed, all_traced in variants(text):
        folder = tempfile.mkdtemp(prefix='hoplab-audit-')
        try:
            recording = run(hoplab, scenario, changed, folder)
            is_parallel = 'callOrder: parallel' in text
            found.append((name, list(contradictions(Recording(recording), all_traced,
                                                    is_parallel))))
        finally:
            shutil.rmtree(folder)
    return found


# --- Damage ----------------------------------------------------------------------------------------

def envoy_stream(recording):
    for path in sorted(glob.glob(os.path.join(recording, 'logs', '*', '*'))):
        with open(path) as file:
            lines = file.readlines()
        if len(lines) > 10 and ACCESS_LINE.match(json.loads(lines[5])['message']):
            return path, lines
    raise RuntimeError('no Envoy has written anything')


def lose_a_line(recording):
    path, lines = envoy_stream(recording)
    del lines[5]
    return path, ''.join(lines)


def change_a_code(recording):
    path, lines = envoy_stream(recording)
    lines[5] = lines[5].replace(' 200 - ', ' 500 - ')
    return path, ''.join(lines)


def begin_too_early(recording):
    path, lines = envoy_stream(recording)
    match = re.search(r'\[(\d+)-', lines[5])
    lines[5] = lines[5].replace('[%s-' % match[1], '[%d-' % (int(match[1]) - 1))
    return path, ''.join(lines)


def count_one_more(recording):
    path = sorted(glob.glob(os.path.join(recording, 'statsd', '*.log')))[0]
    with open(path) as file:
        text = file.read()
    match = re.search(r'downstream_rq_total:(\d+)\|c', text)
    return path, text.replace(match[0], 'downstream_rq_total:%d|c' % (int(match[1]) + 1), 1)


def lose_a_segment(recording):
    path = os.path.join(recording, 'xray', 'segments.jsonl')
    with open(path) as file:
        lines = file.readlines()
    place = next(i for i, line in enumerate(lines) if 'AppMesh' in line)
    return path, ''.join(lines[:place] + lines[place + 1:])


def edit(recording, name, pattern, change):
    path = os.path.join(recording, name)
    with open(path) as file:
        text = file.read()
    match = re.search(pattern, text)
    return path, text[:match.start(1)] + str(change(int(match[1]))) + text[match.end(1):]


def issue_one_more(recording):
    return edit(recording, 'summary.json', r'"issued":(\d+)', lambda n: n + 1)


def summarise_wrongly(recording):
    return edit(recording, 'summary.json', r'envoy ingress[^{]*{"window":0,"lines":(\d+)',
                lambda n: n - 1)


def stretch_a_hop(recording):
    return edit(recording, 'hops.json', r'"sumNs":(\d+)', lambda n: n + 10**9)


def lose_at_a_hop(recording):
    return edit(recording, 'hops.json', r'"crossed":{"count":(\d+)', lambda n: n + 1)


DAMAGES = (lose_a_line, change_a_code, begin_too_early, count_one_more, lose_a_segment,
           issue_one_more, summarise_wrongly, stretch_a_hop, lose_at_a_hop)


def bites(hoplab, scenario):
    """Whether each damage is noticed."""
    with open(scenario) as file:
        text = file.read()
    folder = tempfile.mkdtemp(prefix='hoplab-audit-')
    is_good = True
    try:
        recording = run(hoplab, scenario, text + EVERY_REQUEST, folder)
        for damage in DAMAGES:
            path, changed = damage(recording)
            with open(path) as file:
                original = file.read()
            with open(path, 'w') as file:
                file.write(changed)
            # The sizes in the manifest would tell at once.
            found = [it for it in contradictions(Recording(recording), True, False)
                     if not it.startswith('manifest: ')]
            with open(path, 'w') as file:
                file.write(original)
            print('%-20s %s' % (damage.__name__, found[0] if found else 'NOT NOTICED'))
            is_good = is_good and bool(found)
    finally:
        shutil.rmtree(folder)
    return is_good


def main():
    parser = argparse.ArgumentParser(description='Audits what scenarios record.')
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--bites', action='store_true', help='the audit must notice damage')
    parser.add_argument('scenarios', nargs='+')
    options = parser.parse_args()
    hoplab = os.path.abspath(options.hoplab)
    if options.bites:
        return 0 if bites(hoplab, options.scenarios[0]) else 1
    is_good = True
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        pending = [pool.submit(audit, hoplab, scenario) for scenario in options.scenarios]
        for scenario, future in zip(options.scenarios, pending):
            for name, found in future.result():
                print('%-36s %-22s %s' % (os.path.basename(scenario), name,
                                          '%d contradictions' % len(found) if found else 'ok'))
                for text in found[:5]:
                    print('  ' + text)
                is_good = is_good and not found
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
