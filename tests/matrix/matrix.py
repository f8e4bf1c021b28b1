#!/usr/bin/env python3
"""Runs every row of the fault table and asserts every filled cell of it.

usage: matrix.py --hoplab PROGRAM [--row ID]... [--file ROW.yaml]...
       matrix.py --page FILE [--write]

The table is tests/matrix/rows/*.yaml, a row a file: a scenario of scenarios/matrix/, what the fault
does to packets, and for each party what it shows (`says`, printed on the page) and the Python
expressions that must be true of the recording (`checks`; the names they may use are in `names_of`).
A cell without checks is a mistake. `--page` compares the table as Markdown with FILE, or writes it.
Exit code 1: a check does not hold, or the page differs.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

import yaml

from recording import LOG_FORMAT, Recording

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COLUMNS = {
    'client': 'The caller sees',
    'envoyA': "A's access log",
    'envoyB': "B's access log",
    'countersA': "A's counters (cluster b)",
    'countersB': "B's counters",
    'segments': 'X-Ray',
    'flowLogs': 'VPC flow logs',
    'host': 'ECS and hosts',
}

def names_of(recording, row):
    """What checks may say: A and B are the lines after the fault began, of requests begun then."""
    a, b = row.get('a', 'a'), row.get('b', 'b')
    faults = recording.faults
    begins = faults[0].begins if faults else 0.0
    ends = max((fault.ends or 1e9 for fault in faults), default=1e9)
    within = lambda lines: [line for line in lines if begins <= line.at < ends]
    egress, ingress_b = recording.egress(a, b), recording.ingress(b)
    front = recording.ingress(a)

    def count_a(name, **tags):
        return recording.counter(a, 'cluster.' + name, begins, ends, '_%s_http' % b, **tags)

    def count_b(name, **tags):
        return recording.counter(b, 'cluster.' + name, begins, ends, 'cds_ingress', **tags)

    mesh = row.get('mesh') or recording.summary['scenario']['name']
    segments = {
        'segments_a': [s for s in recording.segments('%s/%s' % (mesh, a))
                       if s['annotations']['direction'] == 'egress'],
        'segments_b': recording.segments('%s/%s' % (mesh, b)),
        'segments_app_a': recording.segments(a),
        'segments_app_b': recording.segments(b),
    }
    for name, found in segments.items():
        segments[name] = [s for s in found
                          if begins <= s['start_time'] - recording.zero < ends]
    return {
        'r': recording, 'begins': begins, 'ends': ends, 'faults': faults,
        'A': within(egress), 'B': within(ingress_b), 'client': within(front),
        'A_all': egress, 'B_all': ingress_b, 'client_all': front,
        'app_a': [s for s in recording.app_lines(a) if begins <= s['at'] < ends],
        'app_b': [s for s in recording.app_lines(b) if begins <= s['at'] < ends],
        'count_a': count_a, 'count_b': count_b,
        'http_a': lambda name, **tags: recording.counter(a, 'http.' + name, begins, ends, **tags),
        'http_b': lambda name, **tags: recording.counter(b, 'http.' + name, begins, ends, **tags),
        'tasks_a': recording.task_events(a), 'tasks_b': recording.task_events(b),
        'described_a': recording.descriptions(a), 'described_b': recording.descriptions(b),
        'machines_b': recording.machines_of(b),
        # Of the whole run: what is under way when the fault begins makes no difference.
        'total_a': lambda name, **tags: recording.counter(a, name, -1, 1e9, '_%s_http' % b, **tags),
        'total_b': lambda name, **tags: recording.counter(b, name, -1, 1e9, **tags),
        'before': lambda lines: [line for line in lines if line.at < begins],
        'kinds': lambda lines: sorted({(line.code, line.flags) for line in lines}),
        'having': lambda lines, code, flags=None: [
            line for line in lines
            if line.code == code and (flags is None or line.flags == flags)],
        'details': lambda lines: sorted({line.details for line in lines}),
        'reset': lambda reason: 'upstream_reset_before_response_started{%s}' % reason,
        'between': lambda least, values, most: bool(values) and all(
            least <= value <= most for value in values),
        'median': lambda values: sorted(values)[(len(values) - 1) // 2],
        'durations': lambda lines: [line.duration for line in lines],
        'metric': recording.metric,
        # Packets of records that began under the fault: at whose interface, which way, what action.
        'flow': lambda at, way, action: sum(
            record.packets for record in recording.flows(at, *way.split('->'))
            if record.action == action and begins - 1 < record.start < ends),
        # Of the whole run: the record of a connection that stood began before the fault.
        'flow_all': lambda at, way, action: sum(
            record.packets for record in recording.flows(at, *way.split('->'))
            if record.action == action),
        **segments,
    }


def scenario_with_details(row, folder):
    """A copy of the row's scenario, whose Envoys write %RESPONSE_CODE_DETAILS% too."""
    with open(os.path.join(ROOT, 'scenarios', 'matrix', row['scenario'])) as file:
        text = file.read()
    log = 'accessLog: {format: "%s"}' % LOG_FORMAT
    if not re.search('^mesh:', text, re.MULTILINE):
        text += '\nmesh: {%s}\n' % log
    text = re.sub(r'^mesh:$', lambda _: 'mesh:\n  ' + log, text, flags=re.MULTILINE)
    text = re.sub(r'^mesh: \{(?!accessLog)', lambda _: 'mesh: {%s, ' % log, text,
                  flags=re.MULTILINE)
    path = os.path.join(folder, row['scenario'])
    with open(path, 'w') as file:
        file.write(text)
    return path


def run_row(program, row, folder):
    """[(column, check, error or None)]; error '' is a check that is false."""
    recording_path = os.path.join(folder, 'row-' + str(row['row']))
    scenario = scenario_with_details(row, folder)
    done = subprocess.run([program, 'run', scenario, '-o', recording_path], capture_output=True,
                          text=True)
    if done.returncode != 0:
        return [('run', row['scenario'], 'exit code %d: %s%s' % (
            done.returncode, done.stdout[-600:], done.stderr[-600:]))]
    names = names_of(Recording(recording_path), row)
    results = []
    for column, cell in row['cells'].items():
        if column not in COLUMNS or not cell.get('checks') or not cell.get('says'):
            results.append((column, str(cell), 'a cell wants says and checks, in a known column'))
            continue
        for check in cell['checks']:
            try:
                error = None if eval(check, names) else ''
            except Exception as exception:  # What a check trips over is its failure.
                error = '%s: %s' % (type(exception).__name__, exception)
            results.append((column, check, error))
    return results


def sort_key(row):
    digits = ''.join(letter for letter in str(row['row']) if letter.isdigit())
    return int(digits), str(row['row'])


def load_rows(paths):
    rows = []
    for path in paths:
        with open(path) as file:
            rows.append(yaml.safe_load(file))
    return sorted(rows, key=sort_key)


def page_of(rows):
    lines = [
        '# faults: what each one looks like',
        '',
        'One file a fault here, one row a fault in `hoplab faults`. The table below is made from',
        '`tests/matrix/rows/` by `tests/matrix/matrix.py`: every cell of it is asserted over a run of',
        'the scenario named in its row, so it says what the simulator does, not what we hoped.',
        '',
        'A calls B. A is the caller\'s Envoy, B the callee\'s; codes and flags are those of their access',
        'logs. Unless a row says otherwise: HTTP/1.1, Envoy v1.29, App Mesh\'s defaults (two retries,',
        'connect time-out 1 s, request time-out 15 s), one task of each service.',
        '',
        'Details are `%RESPONSE_CODE_DETAILS%`, which these access logs write behind the default',
        'format; `{x}` is short for `upstream_reset_before_response_started{x}`.',
    ]
    for row in rows:
        lines += ['', '## %s. %s' % (row['row'], row['title']), '',
                  '`%s`, in `scenarios/matrix/%s`. %s' % (
                      row['fault'], row['scenario'], ' '.join(row['packets'].split())), '']
        lines += ['| who | what it shows |', '|---|---|']
        for column, head in COLUMNS.items():
            if column in row['cells']:
                says = ' '.join(row['cells'][column]['says'].split()).replace('|', '\\|')
                lines.append('| %s | %s |' % (head, says))
    return '\n'.join(lines) + '\n'


def report(row, results):
    bad = [result for result in results if result[2] is not None]
    print('%-4s %-60s %3d checks  %s' % (row['row'], row['title'][:60], len(results),
                                         'hold' if not bad else '%d DO NOT HOLD' % len(bad)))
    for column, check, error in bad:
        print('     %s: %s  %s' % (column, check, error))
    return not bad


def check_page(rows, path, write):
    page = page_of(rows)
    if write:
        with open(path, 'w') as file:
            file.write(page)
        return True
    with open(path) as file:
        same = file.read() == page
    if not same:
        print('%s differs from the rows: run matrix.py --page %s --write and read it' % (path, path))
    return same


def run_rows(options, rows):
    is_good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for row, results in zip(rows, pool.map(
                    lambda row: run_row(options.hoplab, row, folder), rows)):
                is_good = report(row, results) and is_good
    print('%d rows' % len(rows))
    return is_good


def main():
    parser = argparse.ArgumentParser(description='The fault table, run and asserted.')
    parser.add_argument('--hoplab')
    parser.add_argument('--row', action='append')
    parser.add_argument('--file', action='append')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--page')
    parser.add_argument('--write', action='store_true')
    parser.add_argument('--keep', help='a folder for the recordings')
    options = parser.parse_args()
    rows = load_rows(options.file or sorted(glob.glob(os.path.join(HERE, 'rows', '*.yaml'))))
    chosen = [row for row in rows if not options.row or str(row['row']) in options.row]
    if not chosen:
        print('no such row')
        return 1
    is_good = run_rows(options, chosen) if options.hoplab else True
    if options.page:
        is_good = check_page(rows, options.page, options.write) and is_good
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
