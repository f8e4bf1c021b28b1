#!/usr/bin/env python3
"""Holds the hop times that diagnose estimates against the exact ones that only a simulator has.

usage: check_ladder.py --hoplab PROGRAM SCENARIO...

Runs each scenario and compares the estimate of every hop of every edge with the median in
hops.json. Hops of the clients outside the mesh have no telemetry and are left out, and so are
scenarios that write none. Prints the largest difference of each scenario. Exit code: 1 when a hop
is off by more than half a millisecond or has no estimate.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOLERANCE_MS = 0.5
PER_OCTAVE = 256


def bucket_middle(index):
    """Nanoseconds; see sim/histogram.hpp."""
    if index < 2 * PER_OCTAVE:
        return index
    shift = index // PER_OCTAVE - 1
    return ((PER_OCTAVE + index % PER_OCTAVE) << shift) + ((1 << shift) - 1) // 2


def median_ms(hop):
    buckets = {}
    for segment in hop['segments']:
        for index, count in segment.get('crossed', {}).get('buckets', []):
            buckets[index] = buckets.get(index, 0) + count
    left = (sum(buckets.values()) + 1) // 2
    for index in sorted(buckets):
        left -= buckets[index]
        if left <= 0:
            return bucket_middle(index) / 1e6
    return None


def differences(program, scenario, folder):
    """[(hop, exact, estimate or None)], or nothing where the scenario writes no recording."""
    recording = os.path.join(folder, 'recording')
    done = subprocess.run([program, 'run', scenario, '-o', recording], capture_output=True,
                          text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError('%s: the run exits with %d: %s' % (scenario, done.returncode,
                                                              done.stderr))
    if not os.path.isdir(os.path.join(recording, 'logs')):
        return None
    answer = json.loads(subprocess.run([program, 'diagnose', recording, '--json'], check=True,
                                       capture_output=True, text=True).stdout)
    estimates = {hop['hop']: hop['medianUs'] / 1000 for ladder in answer['ladders']
                 for hop in ladder['hops']}
    with open(os.path.join(recording, 'hops.json')) as file:
        hops = json.load(file)
    exact = {hop['name']: median_ms(hop) for hop in hops['hops']}
    clients = {chain['name'].split(' -> ')[0] for chain in hops['chains']}
    with open(os.path.join(recording, 'summary.json')) as file:
        parties = {row['party'].split('.')[0] for row in json.load(file)['parties']}
    outside = clients - parties
    found = []
    for name in sorted(exact):
        first = name.split('->')[0].split('<-')[0]
        if exact[name] is not None and first not in outside:
            found.append((name, exact[name], estimates.get(name)))
    return found


def main():
    parser = argparse.ArgumentParser(description='Estimated hop times against exact ones.')
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('scenarios', nargs='+')
    options = parser.parse_args()
    is_good = True
    for scenario in options.scenarios:
        folder = tempfile.mkdtemp(prefix='hoplab-ladder-')
        try:
            found = differences(options.hoplab, scenario, folder)
        finally:
            shutil.rmtree(folder)
        name = os.path.basename(scenario)
        if found is None:
            print('%-28s writes no telemetry' % name)
            continue
        bad = [it for it in found if it[2] is None or abs(it[1] - it[2]) > TOLERANCE_MS]
        worst = max((abs(it[1] - it[2]) for it in found if it[2] is not None), default=0)
        print('%-28s %2d hops, at most %.3f ms off' % (name, len(found), worst))
        for hop, exact, estimate in bad:
            is_good = False
            print('  %s: %.3f ms, estimated %s' % (
                hop, exact, 'not at all' if estimate is None else '%.3f ms' % estimate))
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
