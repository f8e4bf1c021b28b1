#!/usr/bin/env python3
"""The talk's lessons in Service Connect: `hoplab diagnose` says of each what it says in App Mesh.

usage: check_service_connect.py --hoplab PROGRAM SCENARIO...

A scenario is put into `mesh: {kind: serviceConnect}`: without artefacts, which are App Mesh's, and
without what is asked of flags, which Service Connect's access logs have not. Its `diagnose:`
expectations must hold all the same. Exit code: 1 when one does not.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile


def in_service_connect(text):
    text = re.sub(r'artefacts:\n(  .*\n)+', '', text)
    text = re.sub(r'(taskDefinition: \w+|securityGroups: \[[^\]]*\])(, )?', '', text)
    text = re.sub(r'.*accessLog:.*\n', '', text)
    return text + '\nmesh: {kind: serviceConnect}\n'


def verdicts(hoplab, scenario):
    """[(what, expected, measured, held)] of the diagnose expectations."""
    with open(scenario) as file:
        text = in_service_connect(file.read())
    with tempfile.TemporaryDirectory() as folder:
        changed = os.path.join(folder, os.path.basename(scenario))
        with open(changed, 'w') as file:
            file.write(text)
        recording = os.path.join(folder, 'recording')
        done = subprocess.run([hoplab, 'run', changed, '-o', recording], capture_output=True,
                              text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError('%s: exit code %d: %s' % (scenario, done.returncode, done.stderr))
        with open(os.path.join(recording, 'expectations.json')) as file:
            results = json.load(file)['results']
    return [(check['what'], check['expected'], check['measured'], check['held'])
            for result in results for check in result['checks']
            if check['what'] in ('verdict', 'hop')]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('scenarios', nargs='+')
    options = parser.parse_args()
    failed = 0
    for scenario in options.scenarios:
        found = verdicts(options.hoplab, scenario)
        if not found:
            failed += 1
            print('%s: no diagnosis is expected' % scenario)
        for what, expected, measured, held in found:
            if not held:
                failed += 1
                print('%s: %s is %s, not %s' % (scenario, what, measured, expected))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
