#!/usr/bin/env python3
"""Random worlds, each run twice and audited; a world that fails is made small and written out.

usage: run.py --hoplab PROGRAM [--count N] [--first S] [--jobs J] [--shrink SECONDS] [--out DIR]

Each seed from S on makes one scenario (world.py). It must be valid, run to its end with every
invariant of the program in force, write the same bytes twice, and add up (tests/conservation). What
fails is shrunk (shrink.py) and left as DIR/<seed>.yaml, with what was wrong with it in its first
lines. Exit code: 1 when a world failed.
"""

import argparse
import concurrent.futures
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), 'conservation')]

from check_recording import contradictions  # noqa: E402
from recording import Recording  # noqa: E402
from shrink import shrink  # noqa: E402
from world import make_world, to_yaml  # noqa: E402

RUN_SECONDS = 120


def files_of(folder):
    with open(os.path.join(folder, 'MANIFEST.json')) as file:
        return {entry['path']: entry['xxh3-128'] for entry in json.load(file)['files']}


def calls_are_parallel(world):
    return any(service.get('callOrder') == 'parallel' for service in world['services'].values())


class Failure:
    """What kind of failure it is (so that shrinking keeps to it) and what was said."""

    def __init__(self, kind, text):
        self.kind = kind
        self.text = text


def run_once(hoplab, scenario, folder):
    """A Failure, or nothing."""
    try:
        done = subprocess.run([hoplab, 'run', scenario, '-o', folder], capture_output=True,
                              text=True, timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return Failure('hangs', 'the run takes more than %d s' % RUN_SECONDS)
    if done.returncode == 0:
        return None
    text = (done.stderr or done.stdout).strip()
    if done.returncode == 3:
        return Failure('invalid ' + ' '.join(re.findall(r'error\[\w+\]', text)), text)
    return Failure('crash %d %s' % (done.returncode, text[:60]),
                   'exit code %d: %s' % (done.returncode, text))


def audit(hoplab, world, only=None):
    """The first Failure of a world, or nothing. `only`: stop as soon as it cannot be of that kind."""
    scratch = tempfile.mkdtemp(prefix='hoplab-world-')
    try:
        scenario = os.path.join(scratch, 'world.yaml')
        with open(scenario, 'w') as file:
            file.write(to_yaml(world))
        first, second = os.path.join(scratch, 'first'), os.path.join(scratch, 'second')
        failure = run_once(hoplab, scenario, first)
        if failure:
            return failure
        for text in contradictions(Recording(first), True, calls_are_parallel(world)):
            return Failure(text_kind(text), text)
        if only is not None and only != 'bytes':
            return None
        failure = run_once(hoplab, scenario, second)
        if failure:
            return failure
        one, two = files_of(first), files_of(second)
        other = sorted(path for path in set(one) | set(two) if one.get(path) != two.get(path))
        return Failure('bytes', 'two runs differ in ' + ', '.join(other)) if other else None
    finally:
        shutil.rmtree(scratch)


def text_kind(text):
    """The words of a contradiction without its figures and names."""
    return ' '.join(word for word in text.replace(',', ' ').split()
                    if word.isalpha() and len(word) > 3)


def examine(hoplab, catalogue, seed, out, seconds):
    """A line about a failed world, or nothing."""
    world = make_world(seed, catalogue)
    failure = audit(hoplab, world)
    if failure is None:
        return None

    def still_fails(candidate):
        found = audit(hoplab, copy.deepcopy(candidate), failure.kind)
        return found is not None and found.kind == failure.kind

    small = shrink(world, still_fails, seconds)
    last = audit(hoplab, small, failure.kind) or failure
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, '%d.yaml' % seed)
    with open(path, 'w') as file:
        file.write('# seed %d: %s\n' % (seed, last.text.replace('\n', '\n# ')))
        file.write(to_yaml(small))
    return 'seed %d: %s\n  smallest: %s (%d services)' % (
        seed, last.text.split('\n')[0], path, len(small['services']))


def main():
    parser = argparse.ArgumentParser(description='Random worlds with all invariants on.')
    parser.add_argument('--hoplab', required=True, help='the program')
    parser.add_argument('--count', type=int, default=200, help='how many worlds (200)')
    parser.add_argument('--first', type=int, default=1, help='seed of the first one (1)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='how many at a time')
    parser.add_argument('--out', default='build/worlds', help='where failed worlds go')
    parser.add_argument('--shrink', type=int, default=60, metavar='SECONDS',
                        help='how long to make one failed world smaller (60)')
    parser.add_argument('--print', action='store_true', help='print the first world and do no more')
    options = parser.parse_args()
    catalogue = json.loads(subprocess.run([options.hoplab, 'faults', '--json'], check=True,
                                          capture_output=True, text=True).stdout)['faults']
    if options.print:
        print(to_yaml(make_world(options.first, catalogue)), end='')
        return 0
    began = time.monotonic()
    failed = 0
    done = 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        seeds = range(options.first, options.first + options.count)
        examined = [pool.submit(examine, options.hoplab, catalogue, seed, options.out,
                                options.shrink)
                    for seed in seeds]
        for future in examined:
            line = future.result()
            if line:
                failed += 1
                print(line, flush=True)
            done += 1
            if done % 100 == 0:
                print('%d of %d worlds, %d failed, %.0f s' % (
                    done, options.count, failed, time.monotonic() - began), file=sys.stderr,
                    flush=True)
    print('%d worlds (seeds %d to %d), %d failed, %.0f s' % (
        options.count, options.first, options.first + options.count - 1, failed,
        time.monotonic() - began))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
