#!/usr/bin/env python3
"""Runs scenarios and holds what they record against the formats of AWS; then damages a recording and
must notice.

usage: check_aws_formats.py --hoplab PROGRAM [--exact] [--bites] SCENARIO...
       check_aws_formats.py --recording DIRECTORY

--exact: the scenarios have no fault and nothing but calls is sent, so packets are their calls to the
byte. Exit code: 1 when something is wrong, or when damage goes unnoticed.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import aws_shapes
import emf
import flow_logs


def problems_of(recording, is_exact=False):
    return (['flow logs: ' + it for it in flow_logs.problems_of(recording, is_exact)] +
            ['container insights: ' + it for it in emf.problems_of(recording)] +
            ['shapes: ' + it for it in aws_shapes.problems_of(recording)])


def run(hoplab, scenario, folder):
    recording = os.path.join(folder, 'recording')
    done = subprocess.run([hoplab, 'run', scenario, '-o', recording], capture_output=True,
                          text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError('%s: exit code %d: %s' % (scenario, done.returncode, done.stderr))
    return recording


def changed(pattern, replacement, nth=1):
    """A damage: the nth place of the pattern in the file is written anew."""
    def damage(text):
        places = list(re.finditer(pattern, text))
        place = places[min(nth, len(places)) - 1]
        return text[:place.start()] + place.expand(replacement) + text[place.end():]
    return damage


FLOW = 'vpc/flow-logs.log'
INSIGHTS = 'logs/%2Faws%2Fecs%2Fcontainerinsights%2F*/AgentTelemetry*.jsonl'
DAMAGE = [
    ('no names', FLOW, changed(r'version account-id', 'account-id')),
    ('a record gone', FLOW, changed(r'\n2 .* ACCEPT OK', '', 5)),
    ('a record twice', FLOW, changed(r'(\n2 .* ACCEPT OK)', r'\1\1', 5)),
    ('fewer bytes', FLOW, changed(r' 6 (\d+) \d+ ', r' 6 \1 1 ', 7)),
    ('some bytes more', FLOW, changed(r' 6 (\d+) (\d+) ', r' 6 \g<1> \g<2>0 ', 7)),
    ('ACCEPT is REJECT', FLOW, changed('ACCEPT', 'REJECT', 9)),
    ('another interface', FLOW, changed(r'eni-0', 'eni-1', 3)),
    ('a metric that is none', INSIGHTS, changed(r'\\"CpuUtilized\\":[\d.]+', r'\\"CpuUtilised\\":1')),
    ('a dimension that is none', INSIGHTS, changed('TaskDefinitionFamily', 'TaskFamily')),
    ('a text as metric', INSIGHTS, changed(r'\\"NetworkRxBytes\\":([\d.]+)',
                                           r'\\"NetworkRxBytes\\":\\"\1\\"')),
    ('a container with more than its task', INSIGHTS,
     changed(r'(Container\\".*?NetworkRxBytes\\":)', r'\g<1>1')),
    ('an unknown member', 'ecs/tasks.jsonl', changed('"launchType"', '"launchKind"')),
    ('a number as text', 'ecs/services.jsonl', changed(r'"desiredCount":(\d+)',
                                                       r'"desiredCount":"\1"')),
    ('a word that is none', 'ecs/tasks.jsonl', changed('"CONNECTED"', '"LINKED"')),
    ('an unknown unit', 'cloudwatch/metrics.jsonl', changed('"Percent"', '"Per cent"')),
    ('a lost member', 'config/virtual-nodes.jsonl', changed('"virtualNodeName"', '"nodeName"')),
]


def check_bites(recording):
    """How many damages went unnoticed."""
    unnoticed = 0
    for name, path, damage in DAMAGE:
        file = sorted(glob.glob(os.path.join(recording, path)))[0]
        with open(file, encoding='utf-8') as source:
            whole = source.read()
        broken = damage(whole)
        with open(file, 'w', encoding='utf-8') as target:
            target.write(broken)
        try:
            found = problems_of(recording, True) if broken != whole else []
        except (KeyError, TypeError, ValueError) as error:  # Tripping over it is noticing it.
            found = [repr(error)]
        with open(file, 'w', encoding='utf-8') as target:
            target.write(whole)
        print('%-40s %s' % (name, found[0][:140] if found else 'UNNOTICED'))
        unnoticed += not found
    return unnoticed


def check_scenario(options, scenario):
    folder = tempfile.mkdtemp(prefix='hoplab-formats-')
    try:
        recording = run(options.hoplab, scenario, folder)
        problems = problems_of(recording, options.exact)
        print('%-60s %s' % (os.path.basename(scenario), '%d WRONG' % len(problems) if problems
                            else 'right'))
        for problem in problems[:20]:
            print('    ' + problem[:300])
        return len(problems) + (check_bites(recording) if options.bites else 0)
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description='Recordings against the formats of AWS.')
    parser.add_argument('--hoplab')
    parser.add_argument('--exact', action='store_true')
    parser.add_argument('--bites', action='store_true')
    parser.add_argument('--recording')
    parser.add_argument('scenarios', nargs='*')
    options = parser.parse_args()
    if options.recording:
        problems = problems_of(options.recording, options.exact)
        print(json.dumps(problems[:50], indent=1))
        return 1 if problems else 0
    return 1 if sum(check_scenario(options, it) for it in options.scenarios) else 0


if __name__ == '__main__':
    sys.exit(main())
