#!/usr/bin/env python3
"""A collector made of OpenTelemetry's own messages takes what `hoplab run --emit otlp` sends.

usage: check_collector.py HOPLAB FOLDER SCENARIO...

OpenTelemetry's package for Node.js is installed in FOLDER, once. Each scenario is run paced, with
its OTLP going to 127.0.0.1; what the collector has decoded must be what the recording holds: every
span, every point of a metric, every log record, once. Exit code: 1 when it is not, 77 (skipped)
where the package cannot be had.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = {'traces': ('resourceSpans', 'scopeSpans', 'spans'),
          'metrics': ('resourceMetrics', 'scopeMetrics', 'metrics'),
          'logs': ('resourceLogs', 'scopeLogs', 'logRecords')}
# Two or three simulated minutes in as many seconds; where the collector does not keep up with that,
# what it did not take was dropped and told, and the run is done again with more time.
PACES = ('60x', '20x', '5x')


def items_of(signal, documents):
    """Each span, metric or record with its resource and scope, as text, and how often it came."""
    resources, scopes, items = INSIDE[signal]
    return collections.Counter(
        json.dumps([resource['resource'], scope['scope'], item], sort_keys=True)
        for document in documents for resource in document[resources]
        for scope in resource[scopes] for item in scope[items])


def recorded(recording, signal):
    with open(os.path.join(recording, 'otlp', signal + '.jsonl')) as file:
        return [json.loads(line) for line in file]


def run_against(port, hoplab, scenario, recording, pace):
    done = subprocess.run([hoplab, 'run', scenario, '-o', recording, '--json', '--pace', pace,
                           '--telemetry', 'default,otlp',
                           '--emit', 'otlp=http://127.0.0.1:%s' % port],
                          capture_output=True, text=True, timeout=240)
    if done.returncode not in (0, 1):
        raise RuntimeError('%s: exit code %d: %s' % (scenario, done.returncode, done.stderr))
    return json.loads(done.stdout)['live'][0]


def refuses_what_is_none(port):
    """A collector that takes anything would prove nothing."""
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"nam":"x"}]}]}]}'
    request = urllib.request.Request('http://127.0.0.1:%s/v1/traces' % port, body,
                                     {'Content-Type': 'application/json'})
    try:
        urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        return error.code == 400
    return False


def got_at(port):
    with urllib.request.urlopen('http://127.0.0.1:%s/got' % port, timeout=60) as answer:
        return json.load(answer)


def sent(hoplab, scenario, modules, folder, pace):
    """What the run tells of its sending, what the collector has, and whether that is choosy."""
    collector = subprocess.Popen(['node', os.path.join(HERE, 'otlp', 'collector.cjs')],
                                 env={**os.environ, 'NODE_PATH': modules}, text=True,
                                 stdout=subprocess.PIPE)
    try:
        port = collector.stdout.readline().strip()
        live = run_against(port, hoplab, scenario, folder, pace)
        return live, got_at(port), refuses_what_is_none(port)
    finally:
        collector.terminate()
        collector.wait(20)


def troubles(hoplab, scenario, modules, folder):
    for pace in PACES:
        live, got, is_choosy = sent(hoplab, scenario, modules, folder, pace)
        if not live['dropped']:
            break
    if not is_choosy:
        yield 'the collector takes what is no span'
    if live['dropped'] or live['lost'] or got['refused']:
        yield 'not all was taken: %s, %s' % (live, got['refused'][:3])
    for signal in INSIDE:
        ours, theirs = items_of(signal, recorded(folder, signal)), items_of(signal, got[signal])
        if ours != theirs or not ours:
            yield '%s: %d recorded, %d decoded there, %d differ' % (
                signal, sum(ours.values()), sum(theirs.values()),
                sum(((ours - theirs) + (theirs - ours)).values()))
        print('%-36s %-8s %6d of %6d in %4d requests' % (
            os.path.basename(scenario), signal, sum(theirs.values()), sum(ours.values()),
            len(got[signal])))


def main(hoplab, folder, *scenarios):
    folder = os.path.abspath(folder)
    installed = subprocess.run(['bash', os.path.join(HERE, 'otlp', 'install.sh'), folder])
    if installed.returncode:
        return installed.returncode
    failed = 0
    for scenario in scenarios:
        with tempfile.TemporaryDirectory(prefix='hoplab-collector-') as place:
            for text in troubles(os.path.abspath(hoplab), scenario,
                                 os.path.join(folder, 'node_modules'),
                                 os.path.join(place, 'recording')):
                print('%s: %s' % (os.path.basename(scenario), text))
                failed = 1
    return failed


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
