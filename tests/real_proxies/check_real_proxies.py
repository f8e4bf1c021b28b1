#!/usr/bin/env python3
"""Two real proxies under real faults, and the same experiments simulated.

usage: check_real_proxies.py --hoplab PROGRAM [--keep DIR] [EXPERIMENT...]

measured.csv holds what haproxy 2.6 and nginx 1.22 did between two network namespaces: client ->
sidecar A -> a link of 2 ms -> sidecar B -> application, and without sidecars ("direct"). Each
experiment is built as a scenario with the same limits and the same fault. Its signature must be the
measured one: the class of the client's status, how many saw the request at A, B and the application,
which side failed in which phase. Failures must come when they came (within 5 ms or 1 %), healthy
medians lie within 5 % and 99th percentiles within 15 %. Where chance rules (ICMP, loss, a CPU quota,
n = 5) the signature alone is compared.

A proxy's own words differ (haproxy says 502 where Envoy says 503), so classes are compared. Prints
the table. Exit code: 1 when a row differs that is not in MISSED.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), 'conservation')]

from recording import Recording  # noqa: E402

# What the testbed adds to its nominal figures, the same everywhere: a crossing of the device that
# delays, and a request of the Python application, which varies as a busy machine does. Fitted to the
# two rows without application time and without sidecars; all others follow.
CROSSING_MS = 0.06
APPLICATION = {'lognormal': {'mean': '667us', 'cv': 0.485}}
SIDECAR = {'workers': 1, 'serviceTime': '250us'}
LOOPBACK = '30us'
# Of 1500 bytes on the wire, what carries the body.
HEADERS = 1448 / 1500

# Rows that the simulator does not give as measured, each with its reason.
MISSED = {
    ('refused; three retries', 'haproxy'): 'haproxy waits a second before each retry, Envoy backs '
                                           'off by 0 to 249 ms',
    ('not HTTP', 'nginx'): 'nginx takes it for HTTP/0.9, waits, and passes nothing on',
    ('link of 0 ms', 'nginx'): 'the last percentile is one request',
    ('a whole CPU', 'direct'): 'the last percentile is one request',
}


class Experiment:
    """The testbed with its defaults; what an experiment changes is given."""

    def __init__(self, faults=(), sleep_ms=7, busy_ms=None, clients=5, requests=1, delay_ms=2.0,
                 a_response='3s', b_response='2s', client='6s', retries=0, service=None,
                 bandwidth=None, only_class=False):
        self.faults = faults  # Or a function of the stack that gives them.
        self.sleep_ms = sleep_ms
        self.busy_ms = busy_ms
        self.clients = clients
        self.requests = requests
        self.delay_ms = delay_ms
        self.a_response = a_response
        self.b_response = b_response
        self.client = client
        self.retries = retries
        self.service = service or {}
        self.bandwidth = bandwidth
        self.only_class = only_class

    def faults_of(self, stack):
        return list(self.faults(stack) if callable(self.faults) else self.faults)

    def client_is_load(self, stack):
        """Without sidecars an application keeps its connections, as no client of the testbed does;
        a load need not. But nothing that stands in an application's way stands in a load's."""
        return stack == 'direct' and not self.faults and not self.bandwidth


def fault(action, target='b', at='900ms', **parameters):
    given = {'parameters': parameters} if parameters else {}
    return {'action': action, 'target': target, 'at': at, **given}


APP_DIES = fault('hoplab:ecs:container-exit', exitCode=137)
HANG = fault('hoplab:ecs:hang')


def port_is_closed(stack):
    """Nobody listens at B: its sidecar is dead or, without sidecars, its application."""
    if stack == 'direct':
        return [APP_DIES]
    return [fault('hoplab:ecs:container-exit', container='envoy', exitCode=139)]


EXPERIMENTS = {
    'healthy': Experiment(clients=1, requests=150),
    'way there dropped': Experiment([fault('hoplab:ec2:revoke-security-group-ingress', port=8080)]),
    'refused': Experiment(port_is_closed),
    'icmp port unreachable': Experiment(port_is_closed, only_class=True),
    'icmp net unreachable': Experiment(port_is_closed, only_class=True),
    'app dead': Experiment([APP_DIES]),
    'app hangs': Experiment([HANG]),
    'app loops': Experiment([fault('hoplab:ecs:infinite-loop')], service={'workers': 1}),
    # It dies 2 ms into a request that would take 5.
    'app exits at work': Experiment([fault('hoplab:ecs:container-exit', at='1009ms')], sleep_ms=5,
                                    clients=1),
    'app resets': Experiment([fault('hoplab:ecs:broken-responses', how='reset')], sleep_ms=0),
    'half a body': Experiment([fault('hoplab:ecs:broken-responses', how='truncated')], sleep_ms=0),
    'not HTTP': Experiment([fault('hoplab:ecs:broken-responses', how='garbage')], sleep_ms=0),
    'status 500': Experiment([fault('hoplab:ecs:failing-responses')], sleep_ms=0),
    'refused; three retries': Experiment(port_is_closed, retries=3),
    'hang; A gives up first': Experiment([HANG], a_response='1s'),
    'link of 0 ms': Experiment(sleep_ms=0, clients=1, requests=60, delay_ms=0),
    'link of 2 ms': Experiment(sleep_ms=0, clients=1, requests=60),
    'loss of 1 %': Experiment([fault('hoplab:link:loss', 'a->b', loss='1%')], sleep_ms=0,
                              clients=8, requests=25, only_class=True),
    # Three stacks shared the link. The proxies' limits hold from one read to the next, Envoy's for the
    # whole answer.
    '8 Mbit/s': Experiment(sleep_ms=0, clients=1, requests=2, service={'responseSize': '1MB'},
                           bandwidth=8000 * HEADERS / 3, a_response='20s', b_response='20s'),
    'a fifth of a CPU': Experiment(busy_ms=10, clients=1, requests=60, service={'cpu': 205},
                                   only_class=True),
    'a whole CPU': Experiment(busy_ms=10, clients=1, requests=40),
    'out of memory': Experiment([fault('hoplab:ecs:oom-kill', rampTime='200ms')], clients=1,
                                sleep_ms=1500),
}


# --- Scenarios ------------------------------------------------------------------------------------

def limit(text):
    """App Mesh's spelling of "3s" or "500ms"."""
    unit = 'ms' if text.endswith('ms') else 's'
    return {'unit': unit, 'value': int(text[:-len(unit)])}


def mesh_of(it):
    listener = {'portMapping': {'port': 8080, 'protocol': 'http'},
                'timeout': {'http': {'perRequest': limit(it.b_response)}}}
    backends = [{'virtualService': {'virtualServiceName': 'b.local'}}]
    discovery = {'dns': {'hostname': 'b.local'}}
    route = {'match': {'prefix': '/'},
             'action': {'weightedTargets': [{'virtualNode': 'b', 'weight': 1}]},
             'timeout': {'perRequest': limit(it.a_response)},
             'retryPolicy': {'maxRetries': it.retries, 'perRetryTimeout': limit(it.a_response),
                             'tcpRetryEvents': ['connection-error']}}
    return {
        'virtualNodes': {
            'a': {'spec': {'listeners': [{'portMapping': {'port': 8080, 'protocol': 'http'}}],
                           'serviceDiscovery': {'dns': {'hostname': 'a.local'}},
                           'backends': backends}},
            'b': {'spec': {'listeners': [listener], 'serviceDiscovery': discovery}}},
        'virtualServices': {'b.local': {'spec': {'provider': {
            'virtualRouter': {'virtualRouterName': 'b'}}}}},
        'virtualRouters': {'b': {'routes': {'all': {'spec': {'httpRoute': route}}}}},
    }


def scenario(it, stack):
    """The experiment as a scenario; JSON is YAML."""
    time = {'cpu': APPLICATION, 'wait': '%dms' % it.sleep_ms}
    if it.busy_ms:
        time = {'cpu': '%dms' % it.busy_ms, 'wait': APPLICATION}
    b = {'serviceTime': time, 'workers': 64, 'acceptQueue': 128, **it.service}
    latency = '%dus' % round(1000 * (it.delay_ms + CROSSING_MS))
    load = {'name': 'users', 'to': 'a', 'executor': 'constant-vus', 'vus': it.clients,
            'startTime': '1s', 'requests': it.clients * it.requests}
    document = {'hoplab': 1, 'name': 'real-' + stack, 'duration': '30s',
                'network': {'latency': latency, 'loopback': LOOPBACK},
                'faults': it.faults_of(stack), 'workload': [load]}
    if it.client_is_load(stack):
        load.update(name='client', to='b', noConnectionReuse=True, abandonAfter=it.client)
        document['network']['clientLatency'] = latency
        document['services'] = {'b': b}
    else:
        document['services'] = {'a': {'workers': 512, 'calls': [{'to': 'b', 'timeout': it.client}]},
                                'b': b}
        if it.bandwidth:
            document['network']['links'] = [{'between': ['a', 'b'],
                                             'bandwidth': '%dkbps' % it.bandwidth}]
    if stack == 'direct':
        document['mesh'] = 'none'
    else:
        document['mesh'] = mesh_of(it)
        # One connection for each request between the hops, and a second to connect everywhere.
        document['mesh']['simulate'] = {'maxRequestsPerConnection': 1,
                                        'egressConnectTimeout': '1s', 'ingressConnectTimeout': '1s'}
        for service in document['services'].values():
            service['envoy'] = SIDECAR
    return json.dumps(document, indent=1)


# --- What came of it ------------------------------------------------------------------------------

def phase_of(line):
    if 'UF' in line.flags or 'LR' in line.flags:
        return 'connect'
    if line.code == 200 and 'UC' in line.flags:
        return 'body'
    if any(flag in line.flags for flag in ('UT', 'UC', 'UPE', 'DC', 'UR')):
        return 'response'
    return None


class Outcome:
    """A simulated experiment in the words of measured.csv."""

    def __init__(self, recording, it, stack):
        is_direct = stack == 'direct'
        by_load = it.client_is_load(stack)
        name = 'b' if by_load else 'a->b'
        _, _, self.statuses, _ = recording.series(name)
        self.least, self.most = self._times(recording, name)
        self.p50, self.p99 = (self._quantile(recording, name, p) for p in (0.5, 0.99))
        lines = {(task.service, line.direction): [] for task in recording.tasks.values()
                 for line in task.lines}
        for task in recording.tasks.values():
            for line in task.lines:
                lines[(task.service, line.direction)].append(line)
        at_a, at_b = lines.get(('a', 'egress'), []), lines.get(('b', 'ingress'), [])
        self.seen = [None, None] if is_direct else [len(at_a), len(at_b)]
        way = next(hop['name'] for hop in recording.hops['hops'] if hop['name'].endswith('->b.app'))
        self.reached_app = recording.hop(way)[0]
        self.app_records = sum(len(task.app_lines) for task in recording.tasks.values()
                               if task.service == 'b')
        self.failed = set()
        if is_direct:
            if recording.series(name)[1] and self.statuses.get(200):
                self.failed.add('client:body')
            if self.statuses.get(0):
                crossed, failed, _ = recording.hop(way)
                self.failed.add('client:' + ('response' if crossed else 'connect'))
        else:
            self.failed = {side + ':' + phase_of(line) for side, group in (('A', at_a), ('B', at_b))
                           for line in group if phase_of(line)}
        self.exits = {code for task in recording.tasks.values() if task.service == 'b'
                      for container, code in task.exits.items() if container == 'app'}

    @staticmethod
    def _histograms(recording, name):
        for entry in recording.hops['series']:
            if entry['name'] == name:
                for segment in entry['segments']:
                    yield segment['all']

    def _times(self, recording, name):
        found = list(self._histograms(recording, name))
        return (min((it['minNs'] for it in found), default=0) / 1e6,
                max((it['maxNs'] for it in found), default=0) / 1e6)

    def _quantile(self, recording, name, p):
        buckets = {}
        for histogram in self._histograms(recording, name):
            for index, count in histogram['buckets']:
                buckets[index] = buckets.get(index, 0) + count
        count = sum(buckets.values())
        left = min(count, int(p * count) + 1)  # As the measurements were taken.
        for index in sorted(buckets):
            left -= buckets[index]
            if left <= 0:
                shift = max(index // 256 - 1, 0)
                return (index if shift == 0 else (256 + index % 256) << shift) / 1e6
        return 0


def number(text):
    return float(text) if text else None


def family(status):
    return 'none' if not status else '%dxx' % (int(status) // 100)


def differences(rows, outcome, it):
    """What is not as measured, in words."""
    measured = {}
    for row in rows:
        measured[family(row['status'])] = measured.get(family(row['status']), 0) + int(row['count'])
    simulated = {}
    for status, count in outcome.statuses.items():
        simulated[family(status)] = simulated.get(family(status), 0) + count
    found = []
    if it.only_class:
        if not set(simulated) <= set(measured):
            found.append('client %s, not %s' % (simulated, measured))
    elif measured != simulated:
        found.append('client %s, not %s' % (simulated, measured))
    failed = set(rows[0]['failed_at'].split())
    if outcome.failed != failed and not (it.only_class and outcome.failed <= failed):
        found.append('failed at %s, not %s' % (' '.join(sorted(outcome.failed)) or 'nowhere',
                                               ' '.join(sorted(failed)) or 'nowhere'))
    if not it.only_class:
        for place, key in enumerate(('seen_a', 'seen_b')):
            if rows[0][key] and outcome.seen[place] != int(rows[0][key]):
                found.append('%s saw %s, not %s' % (key[-1].upper(), outcome.seen[place],
                                                    rows[0][key]))
        if rows[0]['seen_app'] == '0' and outcome.app_records:
            found.append('the application handled %d' % outcome.app_records)
        elif int(rows[0]['seen_app'] or 0) > outcome.reached_app:
            found.append('the application got %d, not %s' % (outcome.reached_app,
                                                             rows[0]['seen_app']))
    if rows[0]['exit_code'] and outcome.exits != {int(rows[0]['exit_code'])}:
        found.append('exit codes %s, not %s' % (sorted(outcome.exits), rows[0]['exit_code']))
    return found + late(rows, outcome, it)


def late(rows, outcome, it):
    if it.only_class:
        return []
    p50, p99 = number(rows[0]['p50_ms']), number(rows[0]['p99_ms'])
    if p50:
        found = []
        if abs(outcome.p50 - p50) > 0.05 * p50:
            found.append('p50 %.2f ms, not %.2f' % (outcome.p50, p50))
        if abs(outcome.p99 - p99) > 0.15 * p99:
            found.append('p99 %.2f ms, not %.2f' % (outcome.p99, p99))
        return found
    least = min(number(row['least_ms']) for row in rows)
    most = max(number(row['most_ms']) for row in rows)
    is_healthy = all(row['status'] == '200' and row['phase'] == 'done' for row in rows)
    slack = 0.05 * most if is_healthy else max(5.0, 0.01 * most)
    if outcome.least < least - slack or outcome.most > most + slack:
        return ['%.1f..%.1f ms, not %.1f..%.1f' % (outcome.least, outcome.most, least, most)]
    return []


def simulate(hoplab, name, it, stack, keep):
    folder = keep or tempfile.mkdtemp(prefix='hoplab-real-')
    try:
        os.makedirs(folder, exist_ok=True)
        stem = os.path.join(folder, (name + ' ' + stack).replace(' ', '-').replace('/', '-'))
        with open(stem + '.yaml', 'w') as file:
            file.write(scenario(it, stack))
        done = subprocess.run([hoplab, 'run', stem + '.yaml', '-o', stem], capture_output=True,
                              text=True)
        if done.returncode != 0:
            return None, (done.stderr or done.stdout).strip().split('\n')[0]
        return Outcome(Recording(stem), it, stack), None
    finally:
        if not keep:
            shutil.rmtree(folder)


def got(outcome):
    statuses = ' '.join('%s x%d' % (family(status), count)
                        for status, count in sorted(outcome.statuses.items()))
    return '%s, %.1f..%.1f ms, %s' % (statuses, outcome.least, outcome.most,
                                      ' '.join(sorted(outcome.failed)) or '-')


def expected(rows):
    statuses = ' '.join('%s x%s' % (family(row['status']), row['count']) for row in rows)
    return '%s, %s..%s ms, %s' % (statuses, rows[0]['least_ms'], rows[0]['most_ms'],
                                  rows[0]['failed_at'] or '-')


def main():
    parser = argparse.ArgumentParser(description='Real proxies, and the same simulated.')
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('--keep', help='leave scenarios and recordings there')
    parser.add_argument('experiments', nargs='*', help='these only')
    options = parser.parse_args()
    with open(os.path.join(HERE, 'measured.csv')) as file:
        rows = list(csv.DictReader(file))
    keys = list(dict.fromkeys((row['experiment'], row['stack']) for row in rows))
    counts = {'equal': 0, 'missed': 0, 'DIFFERS': 0, 'no scenario': 0}
    print('%-24s %-8s %-12s %-44s %s' % ('experiment', 'stack', 'verdict', 'measured', 'simulated'))
    for name, stack in keys:
        if options.experiments and name not in options.experiments:
            continue
        own = [row for row in rows if (row['experiment'], row['stack']) == (name, stack)]
        it = EXPERIMENTS.get(name)
        if it is None:
            verdict, text, why = 'no scenario', '', []
        else:
            outcome, trouble = simulate(options.hoplab, name, it, stack, options.keep)
            why = [trouble] if trouble else differences(own, outcome, it)
            text = '' if trouble else got(outcome)
            verdict = 'equal' if not why else 'missed' if (name, stack) in MISSED else 'DIFFERS'
        counts[verdict] += 1
        print('%-24s %-8s %-12s %-44s %s' % (name, stack, verdict, expected(own), text))
        for reason in why + ([MISSED[(name, stack)]] if verdict == 'missed' else []):
            print('%46s%s' % ('', reason))
    print(', '.join('%d %s' % (count, verdict) for verdict, count in counts.items() if count))
    return 1 if counts['DIFFERS'] else 0


if __name__ == '__main__':
    sys.exit(main())
