#!/usr/bin/env python3
"""Generated variants of every fault, diagnosed blind and scored.

usage: variants.py --hoplab PROGRAM [--first N] [--count N] [--jobs N] [--keep FOLDER]
                   [--only VERDICT] [--floor PERCENT] [-v]

Each seed makes one scenario: services with names of their own, one to three tasks each, rates,
service times, who calls whom, which fault hits what, when and for how long; an overloaded host
lacks CPU, credits or memory by turns. The scenario runs; its recording is copied without the answer
key, hops, manifest, summary and expectations, and in the copy every service, log group and cluster
is renamed. `hoplab diagnose --json` answers on the copy; check_citations.py checks the answer.
Seeds 0..199 are the first range, 1000..1199 the second.

Prints a row per verdict: how often verdict, hop and both were right; then what was taken for what.
Exit code: 1 when fewer than --floor percent of the variants (default 95) had verdict and hop right,
a healthy one was not named healthy, or a citation did not hold.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EVIDENCE = ('logs', 'xray', 'statsd', 'cloudwatch', 'ecs', 'vpc', 'config')
VERDICTS = ('healthy', 'network.blocked', 'network.latency', 'app.crashed', 'app.hung',
            'app.infinite-loop', 'app.oom', 'app.slow-version', 'app.failing-version',
            'host.overloaded')
# The fault that makes a verdict; the catalogue of the program says which of them it has.
ACTIONS = {
    'network.blocked': 'hoplab:ec2:revoke-security-group-ingress',
    'network.latency': 'hoplab:link:latency',
    'app.crashed': 'hoplab:ecs:container-exit',
    'app.hung': 'hoplab:ecs:hang',
    'app.infinite-loop': 'hoplab:ecs:infinite-loop',
    'app.oom': 'hoplab:ecs:memory-leak',
    'app.slow-version': 'hoplab:ecs:slow-responses',
    'app.failing-version': 'hoplab:ecs:failing-responses',
    'host.overloaded': 'hoplab:ec2:cpu-stress',
}
# What a host or a task may have too little of, by turns: another seed of the verdict, another kind.
SHORTAGES = {
    'cpu of the machine': 'hoplab:ec2:cpu-stress',
    'cpu of the task': 'aws:ecs:task-cpu-stress',
    'memory of the task': 'hoplab:ecs:memory-pressure',
    'cpu credits': None,
}
PLACED = ('cpu of the machine', 'cpu credits')
DURATION = 240


def new_name(rng, taken):
    """A word that occurs nowhere else, so that it can be replaced in any text."""
    while True:
        name = ''.join(rng.choice('bcdfghjklmnpqrstvwxz') + rng.choice('aeiou') for _ in range(4))
        if name not in taken:
            taken.add(name)
            return name


def topology(rng, names):
    """(services in order, calls as pairs, entries)."""
    shape = rng.choice(('pair', 'chain', 'two callers', 'fan', 'long chain'))
    if shape == 'pair':
        a, b = names[:2]
        return [a, b], [(a, b)], [a]
    if shape == 'chain':
        a, b, c = names[:3]
        return [a, b, c], [(a, b), (b, c)], [a]
    if shape == 'two callers':
        a, b, c = names[:3]
        return [a, b, c], [(a, c), (b, c)], [a, b]
    if shape == 'fan':
        a, b, c = names[:3]
        return [a, b, c], [(a, b), (a, c)], [a]
    a, b, c, d = names[:4]
    return [a, b, c, d], [(a, b), (b, c), (c, d)], [a]


def service_time(rng):
    ms = rng.randint(3, 15)
    return rng.choice(('%dms' % ms, '{exponential: {mean: %dms}}' % ms,
                       '{cpu: %dms, wait: {exponential: {mean: %dms}}}' % (min(ms, 6), 2 * ms),
                       '{lognormal: {mean: %dms, cv: 0.5}}' % ms))


class Variant:
    """One scenario with its expected answer."""

    def __init__(self, seed, verdict):
        rng = random.Random(seed * 7919 + 13)
        self.seed = seed
        self.verdict = verdict
        taken = set()
        self.services, self.calls, entries = topology(rng, [new_name(rng, taken) for _ in range(4)])
        self.fresh = {name: new_name(rng, taken) for name in self.services}
        self.cluster = new_name(rng, taken)
        called = [callee for _, callee in self.calls]
        self.target = rng.choice(called)
        self.caller = rng.choice([a for a, b in self.calls if b == self.target])
        self.tasks = {name: rng.choice((1, 1, 2, 3)) for name in self.services}
        self.rates = {name: rng.randint(6, 25) for name in entries}
        self.at = rng.randint(50, 110)
        self.lasts = rng.choice((None, rng.randint(60, 90)))
        self.share = rng.choice((100, 100, rng.randint(20, 80)))
        self.one_task = self.tasks[self.target] > 1 and rng.random() < 0.5
        self.latency = rng.choice(('0.3ms', '1ms', '2ms'))
        self.times = {name: service_time(rng) for name in self.services}
        self.rng = rng
        kinds = list(SHORTAGES)
        self.shortage = None
        if verdict == 'host.overloaded':
            self.shortage = kinds[seed // len(VERDICTS) % len(kinds)]
        if self.shortage == 'cpu credits':
            self.runs_out_of_credits(random.Random(seed * 7919 + 14))

    def runs_out_of_credits(self, rng):
        """Needs 0.6 of a vCPU where 0.4 are earned, and has saved the difference up to `at`."""
        rate = sum(self.rates[entry] for entry in self.rates if self.reaches(entry))
        self.tasks[self.target] = 1
        self.times[self.target] = '%dms' % (600 / rate)
        self.balance = (0.6 - 0.4) * rng.randint(50, 110) / 60

    def reaches(self, service):
        return service == self.target or any(
            self.reaches(callee) for caller, callee in self.calls if caller == service)

    def fault(self):
        """The `faults:` line, or nothing."""
        if self.verdict == 'healthy':
            return self.harmless()
        rng = self.rng
        action = ACTIONS[self.verdict]
        target = self.target
        parameters = {}
        count = self.one_task
        if self.verdict == 'network.blocked':
            parameters, count = {'port': 8080}, False
        elif self.verdict == 'network.latency':
            target, count = '"%s->%s"' % (self.caller, self.target), False
            if self.has_loss and rng.random() < 0.4:
                action = 'hoplab:link:loss'
                parameters = {'loss': '%d%%' % rng.randint(5, 25)}
            else:
                parameters = {'delay': '%dms' % rng.choice((10, 20, 50, 100, 200))}
        elif self.verdict == 'app.crashed':
            parameters = {'exitCode': rng.choice((1, 2, 134, 139, 137))}
        elif self.verdict in ('app.hung', 'app.infinite-loop'):
            parameters = {'share': '%d%%' % self.share}
        elif self.verdict == 'app.slow-version':
            parameters = {'share': '%d%%' % self.share,
                          'delay': rng.choice(('300ms', '800ms', '2s', '3s'))}
        elif self.verdict == 'app.failing-version':
            parameters = {'share': '%d%%' % self.share}
        elif self.verdict == 'app.oom':
            # From 17 % of 2 GiB to the limit in half a minute to a minute and a quarter.
            parameters = {'perSecond': '%dMiB' % rng.randint(25, 60)}
        elif self.shortage == 'cpu of the machine':
            target, count = 'crowded', False
            parameters = {'workers': rng.choice((8, 16, 32)),
                          'cpuShares': rng.choice((8192, 16384))}
        elif self.shortage == 'cpu of the task':
            action, count = SHORTAGES[self.shortage], False
            parameters = {'percent': 100, 'workers': rng.choice((2, 4))}
        elif self.shortage == 'memory of the task':
            action, count = SHORTAGES[self.shortage], False
            parameters = {'usage': '%d%%' % rng.randint(96, 98), 'rampTime': '10s'}
        elif self.shortage == 'cpu credits':
            return None
        text = 'at: %ds, action: "%s", target: %s' % (self.at, action, target)
        if self.lasts and self.verdict not in ('app.crashed', 'app.oom'):
            text += ', for: %ds' % self.lasts
        if count:
            text += ', count: 1'
        if parameters:
            text += ', parameters: {%s}' % ', '.join('%s: %s' % it for it in parameters.items())
        return '{%s}' % text

    has_loss = False
    has_wrong_answer = False

    def harmless(self):
        """Of the healthy ones some give a wrong answer, which no mesh can see."""
        if self.has_wrong_answer and self.rng.random() < 0.3:
            return '{at: %ds, action: "hoplab:ecs:wrong-answer", target: %s}' % (self.at,
                                                                                self.target)
        return None

    def scenario(self):
        lines = ['hoplab: 1', 'name: variant', 'duration: %ds' % DURATION, 'seed: %d' % self.seed,
                 'services:']
        for name in self.services:
            parts = []
            calls = ['{to: %s, path: /%s}' % (b, 'item') for a, b in self.calls if a == name]
            if calls:
                parts.append('calls: [%s]' % ', '.join(calls))
            parts.append('serviceTime: %s' % self.times[name])
            if self.verdict == 'network.blocked' and name == self.target:
                parts.append('securityGroup: {allow: [{from: anywhere, port: 8080}]}')
            if self.shortage in PLACED and name == self.target:
                parts.append('placement: crowded')
            if self.shortage == 'cpu credits':
                parts.append('workers: 4000')
            parts.append('desiredCount: %d' % self.tasks[name])
            lines.append('  %s: {%s}' % (name, ', '.join(parts)))
        if self.shortage == 'cpu of the machine':
            lines.append('hosts: {crowded: {instanceType: m5.large}}')
        if self.shortage == 'cpu credits':
            lines.append('hosts: {crowded: {instanceType: t3.small, cpuCreditBalance: %.3f, '
                         'creditSpecification: {cpuCredits: standard}}}' % self.balance)
        lines.append('network: {latency: %s}' % self.latency)
        lines.append('workload:')
        for name, rate in self.rates.items():
            lines.append('  - {name: users-of-%s, rate: %d/s, to: %s}' % (name, rate, name))
        fault = self.fault()
        if fault:
            lines += ['faults:', '  - %s' % fault]
        return '\n'.join(lines) + '\n'

    def expected_hop(self):
        target = self.fresh[self.target]
        if self.verdict == 'healthy':
            return [None]
        if self.verdict == 'network.latency':
            return ['%s.envoy->%s.envoy' % (self.fresh[self.caller], target)]
        if self.verdict == 'network.blocked':
            # The rule goes for every caller; any of them is a right place to look.
            return ['%s.envoy->%s.envoy' % (self.fresh[a], target)
                    for a, b in self.calls if b == self.target]
        return ['%s.app' % target]


def renamed_copy(recording, copy, variant):
    """What diagnose may read, with every service, group and cluster under another name."""
    with open(os.path.join(recording, 'logs', 'index.json')) as file:
        groups = sorted({it['logGroupName'] for it in json.load(file)['streams']}, key=len,
                        reverse=True)
    words = {}
    for number, group in enumerate(groups):
        words[group] = '/g%d/%s' % (number, variant.cluster)
        words[re.sub('/', '%2F', group)] = '%%2Fg%d%%2F%s' % (number, variant.cluster)
    words.update(variant.fresh)
    words['hoplab'] = variant.cluster
    pattern = re.compile('|'.join(re.escape(it) for it in
                                  sorted(words, key=len, reverse=True)).encode())
    table = {old.encode(): new.encode() for old, new in words.items()}

    def replaced(data):
        return pattern.sub(lambda match: table[match.group()], data)

    for top in EVIDENCE:
        for folder, _, names in os.walk(os.path.join(recording, top)):
            below = os.path.relpath(folder, recording)
            target = os.path.join(copy, replaced(below.encode()).decode())
            os.makedirs(target, exist_ok=True)
            for name in names:
                with open(os.path.join(folder, name), 'rb') as file:
                    data = file.read()
                with open(os.path.join(target, replaced(name.encode()).decode()), 'wb') as file:
                    file.write(replaced(data))


def run(program, variant, keep):
    """(verdict, hop, since error in s, citation trouble) of one variant."""
    folder = tempfile.mkdtemp(prefix='hoplab-variant-', dir=keep)
    try:
        path = os.path.join(folder, 'variant.yaml')
        with open(path, 'w') as file:
            file.write(variant.scenario())
        recording = os.path.join(folder, 'recording')
        done = subprocess.run([program, 'run', path, '-o', recording], capture_output=True,
                              text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError('seed %d: the run exits with %d: %s\n%s' % (
                variant.seed, done.returncode, done.stderr, variant.scenario()))
        copy = os.path.join(folder, 'copy')
        renamed_copy(recording, copy, variant)
        done = subprocess.run([program, 'diagnose', copy, '--json'], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError('seed %d: diagnose exits with %d: %s' % (
                variant.seed, done.returncode, done.stderr))
        answer = json.loads(done.stdout)
        with open(os.path.join(folder, 'answer.json'), 'w') as file:
            file.write(done.stdout)
        checked = subprocess.run([sys.executable, os.path.join(HERE, 'check_citations.py'), copy,
                                  os.path.join(folder, 'answer.json')], capture_output=True,
                                 text=True)
        trouble = '' if checked.returncode == 0 else checked.stdout + checked.stderr
        return answer, trouble
    finally:
        if not keep:
            shutil.rmtree(folder)


def since_error(variant, answer):
    """Seconds between the fault and the answer's `since`."""
    if variant.verdict in ('healthy', 'app.oom') or not answer['since']:
        return None
    if variant.shortage in ('memory of the task', 'cpu credits'):
        return None
    hours, minutes, seconds = answer['since'][11:-1].split(':')
    return (int(hours) - 12) * 3600 + int(minutes) * 60 + float(seconds) - variant.at


def table(rows):
    out = ['%-22s %5s %8s %8s %8s   %s' % ('verdict', 'n', 'verdict', 'hop', 'both',
                                           'since, median s')]
    total = [0, 0, 0, 0]
    for verdict in VERDICTS:
        mine = [row for row in rows if row[0].verdict == verdict]
        if not mine:
            continue
        sums = [len(mine), sum(row[2] for row in mine), sum(row[3] for row in mine),
                sum(row[2] and row[3] for row in mine)]
        total = [a + b for a, b in zip(total, sums)]
        errors = sorted(abs(row[4]) for row in mine if row[4] is not None)
        since = '%.3f' % errors[len(errors) // 2] if errors else '-'
        out.append('%-22s %5d %8d %8d %8d   %s' % (verdict, *sums, since))
    out.append('%-22s %5d %8d %8d %8d' % ('all', *total))
    return '\n'.join(out), total


def confusion(rows):
    counts = collections.Counter((row[0].verdict, row[1]['verdict']) for row in rows)
    wrong = [(truth, said, n) for (truth, said), n in sorted(counts.items()) if truth != said]
    if not wrong:
        return 'no verdict was taken for another one'
    return '\n'.join('%-22s taken for %-22s %d' % it for it in wrong)


def main():
    parser = argparse.ArgumentParser(description='Generated variants, diagnosed blind and scored.')
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--keep')
    parser.add_argument('--only')
    parser.add_argument('--floor', type=int, default=95)
    parser.add_argument('-v', '--verbose', action='store_true')
    options = parser.parse_args()

    listed = json.loads(subprocess.run([options.hoplab, 'faults', '--json'], check=True,
                                       capture_output=True, text=True).stdout)
    known = {it['action'] for it in listed['faults']}
    Variant.has_loss = 'hoplab:link:loss' in known
    Variant.has_wrong_answer = 'hoplab:ecs:wrong-answer' in known
    verdicts = [it for it in VERDICTS if it == 'healthy' or ACTIONS[it] in known]
    for verdict in VERDICTS:
        if verdict not in verdicts:
            print('no fault of this program makes %s' % verdict)
    variants = []
    for seed in range(options.first, options.first + options.count):
        variant = Variant(seed, verdicts[seed % len(verdicts)])
        if options.only in (None, variant.verdict):
            variants.append(variant)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    rows = []
    troubles = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        answers = pool.map(lambda it: run(options.hoplab, it, options.keep), variants)
        for variant, (answer, trouble) in zip(variants, answers):
            hop_is_right = answer['hop'] in variant.expected_hop()
            verdict_is_right = answer['verdict'] == variant.verdict
            rows.append((variant, answer, verdict_is_right, hop_is_right,
                         since_error(variant, answer)))
            if trouble:
                troubles.append('seed %d: %s' % (variant.seed, trouble))
            if options.verbose and rows[-1][4] is not None and abs(rows[-1][4]) > 1:
                print('seed %d: since is off by %.3f s' % (variant.seed, rows[-1][4]))
            if options.verbose and not (verdict_is_right and hop_is_right):
                print('seed %d: %s at %s, said %s at %s since %s\n%s' % (
                    variant.seed, variant.verdict, variant.expected_hop(), answer['verdict'],
                    answer['hop'], answer['since'], variant.scenario()), flush=True)
    text, total = table(rows)
    print(text)
    print(confusion(rows))
    print('\n'.join(troubles) if troubles else 'every citation holds')
    well = [row for row in rows if row[0].verdict == 'healthy']
    is_good = (total[3] * 100 >= options.floor * total[0] and not troubles and
               all(row[2] for row in well))
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
