"""Reads a recording as any outsider would: files, their documented fields, nothing of the program.

Standard library only. A Recording holds what the checks ask for: access-log lines, application
records, segments, counters, task documents, hop histograms, the summary.
"""

import datetime
import functools
import glob
import json
import math
import os
import re

ACCESS_LINE = re.compile(
    r'^\[(?P<start>[^\]]*)\] "(?P<method>\S+) (?P<path>\S+) (?P<protocol>\S+)" (?P<code>\d+) '
    r'(?:(?P<flags>-|[A-Z][A-Z,]*) )?(?P<received>\d+) (?P<sent>\d+) '
    r'(?P<duration>\d+) (?P<service_time>\S+) '
    r'"(?P<forwarded>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" "(?P<authority>[^"]*)" '
    r'"(?P<host>[^"]*)"(?: .*)?$')  # A mesh may write more behind the default format.

FLUSH_MS = 5000  # Between two flushes of an Envoy's counters.

# What a stopped container leaves unsaid: these codes are those of a process that was not asked.
CLEAN_EXITS = (None, 0)
DIRECTIONS = ('ingress', 'egress')


@functools.lru_cache(maxsize=4096)
def whole_seconds(text):
    instant = datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%S')
    return int((instant - datetime.datetime(1970, 1, 1)).total_seconds())


def milliseconds(text):
    """Since 1970, of "2026-01-05T12:00:00.123Z" or with fewer or more digits."""
    main, _, fraction = text.rstrip('Z').partition('.')
    return whole_seconds(main) * 1000 + int((fraction + '000')[:3])


# Of Envoy's own answers, by status and length of their texts, with and without the words of a retry.
# Source: Envoy 1.29, router.cc: "upstream connect error or disconnect/reset before headers. [retried
# and the latest ]reset reason: connection timeout", "... connection termination", and so on.
OWN_ANSWERS = {(503, 91): 'UF', (503, 114): 'UF', (503, 145): 'UF', (503, 168): 'UF',
               (503, 95): 'UC', (503, 118): 'UC', (503, 81): 'UO', (503, 104): 'UO',
               (503, 19): 'UH', (504, 24): 'UT', (504, 14): 'SI'}


def untold_flags(match):
    """Service Connect's format has none: what the rest of the line gives away."""
    if match['code'] == '0':
        return ['DC']
    if match['service_time'] != '-':
        return []
    own = OWN_ANSWERS.get((int(match['code']), int(match['sent'])))
    return [own] if own else []


class AccessLine:
    """One line of an Envoy's access log in the default format, or in Service Connect's."""

    def __init__(self, match, task):
        self.task = task
        self.start = milliseconds(match['start'])
        self.code = int(match['code'])
        self.tells_flags = match['flags'] is not None
        if not self.tells_flags:
            self.flags = untold_flags(match)
        else:
            self.flags = [] if match['flags'] == '-' else match['flags'].split(',')
        self.duration = int(match['duration'])
        self.service_time = match['service_time']
        self.agent = match['agent']
        self.id = match['id']
        self.authority = match['authority']
        self.host = match['host']
        self.direction = None  # Told by the host, or by whom the line was addressed to.

    @property
    def end(self):
        return self.start + self.duration

    @property
    def label(self):
        return self.authority.split(':')[0].split('.')[0]

    @property
    def is_probe(self):
        return self.agent == 'Envoy/HC'

    @property
    def passed_an_answer_on(self):
        """The answer came from upstream, whole: not one of this Envoy's own."""
        return self.code != 0 and all(flag == 'URX' for flag in self.flags) and \
            self.service_time != '-'


class AppLine:
    """One record that an application wrote about a request it has answered."""

    def __init__(self, task, line):
        self.task = task
        self.id = line.get('transactionId')
        self.status = line['status']


class Task:
    def __init__(self, identity):
        self.id = identity
        self.service = None
        self.address = None
        self.host = None
        self.exits = {}  # Container name -> exit code, of those that have ended.
        self.node = None  # App Mesh's name of it; the service's where no Envoy tells.
        self.lines = []  # AccessLine, in the order of the log.
        self.app_lines = []
        self.envoy = None  # The container that wrote the access log.
        self.last_flush = None  # Of the access log, ms since 1970.
        self.counters = {}  # (name, tag or None) -> sum of deltas.
        self.gauges = {}  # (name, tag or None) -> last value.
        self.last_statsd = None
        self.told_its_end = False  # Counters that came off their beat, or with the run's end.
        self.should_tell = False  # Envoys tell their counters in this run.

    @property
    def envoy_was_killed(self):
        """Its buffers are lost: what it had not flushed is in no log. A machine that is gone leaves no
        exit code: its Envoys fall silent, without the last flush of those that end or outlive the run.
        """
        name = self.envoy or 'envoy'
        return self.exits.get(name) not in CLEAN_EXITS or (
            name not in self.exits and self.should_tell and not self.told_its_end)

    @property
    def anything_was_killed(self):
        return self.envoy_was_killed or any(code not in CLEAN_EXITS for code in self.exits.values())

    def counter(self, name, tag=None):
        return self.counters.get((name, tag), 0)

    def gauge(self, name, tag=None):
        return self.gauges.get((name, tag), 0)


class Recording:
    def __init__(self, folder):
        self.folder = folder
        self.manifest = self._document('MANIFEST.json')
        self.summary = self._document('summary.json')
        self.hops = self._document('hops.json')
        self.tasks = {}
        self.callees = {}  # Service -> names that it calls.
        self.loads = {}  # Load's name -> service.
        self.is_service_connect = False  # Its proxies send neither counters nor segments.
        self._read_tasks()
        self._read_chains()
        self._read_logs()
        self._read_statsd()
        self.segments = list(self._lines('xray/segments.jsonl'))
        self._index()

    # --- Files ------------------------------------------------------------------------------

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _document(self, name):
        with open(self._path(name)) as file:
            return json.load(file)

    def _lines(self, name):
        if not os.path.exists(self._path(name)):
            return
        with open(self._path(name)) as file:
            for line in file:
                yield json.loads(line)

    def task(self, identity):
        return self.tasks.setdefault(identity, Task(identity))

    def _read_tasks(self):
        for document in self._lines('ecs/tasks.jsonl'):
            task = self.task(document['taskArn'].rsplit('/', 1)[1])
            task.service = document['group'].split(':', 1)[1]
            task.host = document.get('containerInstanceArn')
            for container in document['containers']:
                if 'exitCode' in container:
                    task.exits[container['name']] = container['exitCode']
            for attachment in document['attachments']:
                self.is_service_connect |= attachment['type'] == 'ServiceConnect'
                for detail in attachment.get('details', []):
                    if detail['name'] == 'privateIPv4Address':
                        task.address = detail['value']

    def _read_chains(self):
        parties = {row['party'].rsplit('.', 1)[0] for row in self.summary['parties']}
        parties |= {row['party'].split(' ')[0].split('.')[0] for row in self.summary['parties']}
        for chain in self.hops['chains']:
            caller, callee = chain['name'].split(' -> ')
            name = callee.split(' (')[0]
            if caller in parties:
                self.callees.setdefault(caller, set()).add(name)
            else:
                self.loads[caller] = name

    def _read_logs(self):
        if not os.path.exists(self._path('logs/index.json')):
            return
        for stream in self._document('logs/index.json')['streams']:
            container, _, identity = stream['logStreamName'].partition('/')
            if not stream['logGroupName'].startswith('/ecs/') or not identity:
                continue
            self._read_stream(self.task(identity), container, self._lines(stream['file']))

    def _read_stream(self, task, container, events):
        for event in events:
            message = event['message']
            match = ACCESS_LINE.match(message)
            if match:
                line = AccessLine(match, task)
                line.direction = self._direction(task, line)
                task.envoy = container
                task.lines.append(line)
                task.last_flush = event['timestamp']
            elif message.startswith('{'):
                self._read_app_record(task, message)

    def _read_app_record(self, task, message):
        record = json.loads(message)
        text = record.get('log', message)
        if not text.startswith('{'):
            return
        line = json.loads(text)
        if 'status' in line and 'durationMs' in line and 'to' not in line:
            task.app_lines.append(AppLine(task, line))

    def _direction(self, task, line):
        if line.host.startswith('127.0.0.1:'):
            return 'ingress'
        if line.host != '-':
            return 'egress'
        return 'egress' if line.label in self.callees.get(task.service, ()) else 'ingress'

    def _read_statsd(self):
        for path in sorted(glob.glob(self._path('statsd/*.log'))):
            task = self.task(os.path.basename(path)[:-len('.log')])
            with open(path) as file:
                for line in file:
                    self._read_datagram(task, line.rstrip('\n'))

    @staticmethod
    def _read_datagram(task, line):
        sent, _, datagram = line.partition(' ')
        value, kind, tags = datagram.split('|')
        if kind == 'ms':
            return  # A value of a histogram, sent when it was recorded.
        name, _, number = value.rpartition(':')
        name = name.removeprefix('envoy.')
        tags = dict(text.partition(':')[::2] for text in tags.lstrip('#').split(','))
        group = tags.get('envoy.cluster_name', tags.get('envoy.http_conn_manager_prefix'))
        code = tags.get('envoy.response_code', tags.get('envoy.response_code_class'))
        key = (name, group if code is None else (group, code))
        task.node = tags.get('appmesh.virtual_node', task.node)
        if task.last_statsd not in (None, int(sent)):
            task.told_its_end = int(sent) - task.last_statsd != FLUSH_MS
        task.last_statsd = int(sent)
        if kind == 'c':
            task.counters[key] = task.counters.get(key, 0) + int(number)
        else:
            task.gauges[key] = int(number)

    @functools.cached_property
    def endpoints(self):
        """Of Service Connect: discovery name -> service."""
        found = {}
        for document in self._lines('ecs/services.jsonl'):
            for deployment in document['deployments']:
                for resource in deployment.get('serviceConnectResources', ()):
                    found[resource['discoveryName']] = document['serviceName']
        return found

    def metric(self, name, dimensions):
        """The sum over the run of a metric of AWS/ECS with these dimensions and no others."""
        total = 0
        for metric in self._lines('cloudwatch/metrics.jsonl'):
            given = {it['Name']: it['Value'] for it in metric['Dimensions']}
            if (metric['Namespace'], metric['MetricName'], given) == ('AWS/ECS', name, dimensions):
                total += metric['StatisticValues']['Sum']
        return total

    def _virtual_nodes(self):
        return [line['virtualNode'] for line in self._lines('config/virtual-nodes.jsonl')]

    @functools.cached_property
    def probed(self):
        """The services that health checkers ask by way of the mesh, and all that those call.

        A probe is traffic like any other from there on, but no client has issued it.
        """
        nodes = {node['virtualNodeName'] for node in self._virtual_nodes()
                 if any('healthCheck' in listener for listener in node['spec'].get('listeners', ()))}
        found = {task.service for task in self.tasks.values() if task.node in nodes}
        queue = sorted(found)
        while queue:
            for callee in self.callees.get(queue.pop(), ()):
                names = {callee} | {task.service for task in self.tasks.values()
                                    if task.service.startswith(callee + '-')}
                queue.extend(names - found)
                found |= names
        return found

    def _index(self):
        self.hosts_of_node = {}
        self.zero_ms = milliseconds(self.summary['simulated']['from'])
        end_ms = milliseconds(self.summary['simulated']['to'])
        has_envoys = any(task.last_statsd for task in self.tasks.values())
        for name, task in self.tasks.items():
            task.node = task.node or task.service
            # Its own has a file from its first configuration on, even one that died before it told.
            task.should_tell = has_envoys or os.path.exists(self._path('statsd/%s.log' % name))
            if task.last_statsd and abs(task.last_statsd - end_ms) < 200:
                task.told_its_end = True
            self.hosts_of_node.setdefault(task.node, set()).add(task.host)

    def files(self):
        """{path: size} of all but the manifest."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, self.folder)] = os.path.getsize(path)
        found.pop('MANIFEST.json', None)
        return found

    # --- What several checks ask for ----------------------------------------------------------

    @property
    def has_telemetry(self):
        return any(task.lines or task.app_lines for task in self.tasks.values())

    def hop(self, name):
        """(crossed, failed, sum of the times of those that crossed)."""
        crossed = failed = total = 0
        for entry in self.hops['hops']:
            if entry['name'] != name:
                continue
            for segment in entry['segments']:
                crossed += segment['crossed']['count']
                failed += segment['failed']['count']
                total += segment['crossed'].get('sumNs', 0)
        return crossed, failed, total

    def series(self, name):
        """(count, failed, {status: count}, sum of the times)."""
        count = failed = total = 0
        statuses = {}
        for entry in self.hops['series']:
            if entry['name'] != name:
                continue
            for segment in entry['segments']:
                count += segment['all']['count']
                failed += segment['failed']
                total += segment['all'].get('sumNs', 0)
                for status, number in segment['statuses'].items():
                    statuses[int(status)] = statuses.get(int(status), 0) + number
        return count, failed, statuses, total

    def tasks_of(self, service):
        return [task for task in self.tasks.values() if task.service == service]


def open_requests(recording):
    """How many streams all Envoys that lived to the end still had open, plus the clients' own."""
    still = recording.summary['requests']['inFlight']
    if not any(task.gauges for task in recording.tasks.values()):
        # Without Envoys nobody tells of applications at work for callers that have left.
        return math.inf
    for task in recording.tasks.values():
        for direction in DIRECTIONS:
            still += task.gauge('http.downstream_rq_active', direction)
    return still
