"""A recording as the fault table looks at it: lines, counters, segments, tasks, metrics.

Reads only what the real systems write (logs/, statsd/, xray/, ecs/, cloudwatch/, config/) and, for
the instants of faults, truth/faults.jsonl. Times are seconds since the start of the run unless a
name says otherwise; an access log's own durations are whole milliseconds, as Envoy prints them.
"""

import collections
import datetime
import json
import os
import re

# Envoy's default access-log format with what else its operators tell behind it, in quotes: those of
# v1.15 have spaces in them. Of lines in the default format `details` is None.
LOG_FORMAT = (
    r'[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" '
    r'%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    r'%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" '
    r'\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" '
    r'\"%RESPONSE_CODE_DETAILS%\"\n')
LINE = re.compile(
    r'\[(?P<start>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) (?P<protocol>[^"]+)" (?P<code>\d+) '
    r'(?P<flags>\S+) (?P<received>\d+) (?P<sent>\d+) (?P<duration>\d+) (?P<upstream>\S+) '
    r'"(?P<forwarded>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" "(?P<authority>[^"]*)" '
    r'"(?P<host>[^"]*)"(?: "(?P<details>[^"]*)")?(?P<rest>.*)')

Line = collections.namedtuple(
    'Line', 'at end code flags received sent duration upstream agent id authority host path task '
            'details rest')
Flow = collections.namedtuple('Flow', 'source target packets bytes start end action')
Fault = collections.namedtuple('Fault', 'name action target begins ends')


def parse_instant(text):
    """Seconds since 1970 of an ISO 8601 instant in UTC."""
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


class Recording:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, 'summary.json')) as file:
            self.summary = json.load(file)
        self.zero = parse_instant(self.summary['simulated']['from'])
        self.faults = self._faults()
        with open(os.path.join(folder, 'logs', 'index.json')) as file:
            self.streams = json.load(file)['streams']

    def _lines_of(self, *path):
        name = os.path.join(self.folder, *path)
        if not os.path.exists(name):
            return
        with open(name, encoding='utf-8') as file:
            for line in file:
                yield json.loads(line)

    def _faults(self):
        begun, faults = {}, []
        for entry in self._lines_of('truth', 'faults.jsonl'):
            at = entry['sinceStartNs'] / 1e9
            if entry['event'] == 'begins':
                begun[entry['name']] = len(faults)
                faults.append(Fault(entry['name'], entry['action'], entry['target'], at, None))
            else:
                index = begun[entry['name']]
                faults[index] = faults[index]._replace(ends=at)
        return faults

    # --- Logs ---------------------------------------------------------------------------------

    def events(self, group):
        """(seconds, task id, message) of a log group, in each stream's order."""
        for stream in self.streams:
            if stream['logGroupName'] != group:
                continue
            task = stream['logStreamName'].split('/')[-1]
            for event in self._lines_of(stream['file']):
                yield event['timestamp'] / 1000 - self.zero, task, event['message']

    def access_lines(self, service):
        """Every access-log line of a service's Envoys."""
        lines = []
        for _, task, message in self.events('/ecs/%s/envoy' % service):
            found = LINE.match(message)
            if not found:
                continue
            start = parse_instant(found['start']) - self.zero
            duration = int(found['duration'])
            lines.append(Line(
                at=start, end=start + duration / 1000, code=int(found['code']),
                flags=found['flags'], received=int(found['received']), sent=int(found['sent']),
                duration=duration,
                upstream=None if found['upstream'] == '-' else int(found['upstream']),
                agent=found['agent'], id=found['id'], authority=found['authority'],
                host=found['host'], path=found['path'], task=task, details=found['details'],
                rest=found['rest'].strip()))
        return sorted(lines, key=lambda line: line.at)

    def ingress(self, service):
        return [line for line in self.access_lines(service)
                if line.authority.split('.')[0].split(':')[0] == service]

    def egress(self, service, callee):
        return [line for line in self.access_lines(service)
                if line.authority.split('.')[0].split(':')[0] == callee]

    def app_lines(self, service):
        """What applications said: dictionaries with `at` and `stream` added."""
        found = []
        for at, task, message in self.events('/ecs/%s/app' % service):
            record = json.loads(message)
            said = record  # By awslogs; FireLens puts what was said within a record of its own.
            if 'log' in record:
                try:
                    said = json.loads(record['log'])
                except ValueError:
                    said = {'msg': record['log']}
            said.update(at=at, stream=record.get('source'), task=task,
                        definition=record.get('ecs_task_definition'))
            found.append(said)
        return found

    # --- Counters -----------------------------------------------------------------------------

    def datagrams(self, service):
        """(seconds, name, value, kind, tags) of what the service's Envoys sent by DogStatsD."""
        for name in sorted(os.listdir(os.path.join(self.folder, 'statsd'))):
            with open(os.path.join(self.folder, 'statsd', name), encoding='utf-8') as file:
                for line in file:
                    stamp, datagram = line.rstrip('\n').split(' ', 1)
                    metric, kind, *tags = datagram.split('|')
                    pairs = dict(tag.split(':', 1) for tag in (tags[0][1:].split(',') if tags else [])
                                 if ':' in tag)
                    if pairs.get('appmesh.virtual_node') != service:
                        continue
                    label, value = metric.rsplit(':', 1)
                    yield int(stamp) / 1000 - self.zero, label, float(value), kind, pairs

    def counter(self, service, name, since, until, cluster='', **tags):
        """What a counter of a service's Envoys grew by, or a gauge's last value.

        `name` without the leading "envoy."; `cluster` is a part of the cluster's name.
        """
        total, last = 0, {}
        for at, label, value, kind, pairs in self.datagrams(service):
            if label != 'envoy.' + name or not since < at <= until + 5.001:
                continue
            if cluster not in pairs.get('envoy.cluster_name', ''):
                continue
            if any(pairs.get(key) != str(wanted) for key, wanted in tags.items()):
                continue
            if kind == 'g':
                last[tuple(sorted(pairs.items()))] = value
            elif kind == 'c':
                total += value
        return int(total + sum(last.values()))

    # --- Everything else ----------------------------------------------------------------------

    def segments(self, name=None):
        return [segment for segment in self._lines_of('xray', 'segments.jsonl')
                if name is None or segment['name'] == name]

    def task_events(self, service):
        """EventBridge's details of the service's tasks, each with `at` and `detailType`."""
        found = []
        for event in self._lines_of('ecs', 'events.jsonl'):
            detail = dict(event['detail'])
            if detail.get('group', 'service:' + service) != 'service:' + service:
                continue
            detail.update(at=parse_instant(event['time']) - self.zero,
                          detailType=event['detail-type'])
            found.append(detail)
        return found

    def descriptions(self, service):
        """What DescribeTasks says of the service's tasks, each time that it changes."""
        found = []
        for task in self._lines_of('ecs', 'tasks.jsonl'):
            if task['group'] == 'service:' + service:
                found.append(dict(task, at=parse_instant(task['at']) - self.zero))
        return found

    def machines_of(self, service):
        """What DescribeContainerInstances says of the machines of the service's tasks."""
        arns = {task['containerInstanceArn'] for task in self.descriptions(service)}
        return [dict(machine, at=parse_instant(machine['at']) - self.zero)
                for machine in self._lines_of('ecs', 'container-instances.jsonl')
                if machine['containerInstanceArn'] in arns]

    def interfaces_of(self, service):
        """Address by id of the network interfaces of the service's tasks."""
        found = {}
        for task in self.descriptions(service):
            details = {pair['name']: pair['value'] for pair in task['attachments'][0]['details']}
            found[details['networkInterfaceId']] = details['privateIPv4Address']
        return found

    def flows(self, at, source, target):
        """Flow-log records that the interfaces of one service have of packets between two."""
        watched, sources, targets = (self.interfaces_of(it) for it in (at, source, target))
        found = []
        with open(os.path.join(self.folder, 'vpc', 'flow-logs.log'), encoding='utf-8') as file:
            for fields in map(str.split, file):
                if fields[2] not in watched or fields[13] != 'OK':
                    continue
                if fields[3] in sources.values() and fields[4] in targets.values():
                    found.append(Flow(fields[3], fields[4], int(fields[8]), int(fields[9]),
                                      int(fields[10]) - self.zero, int(fields[11]) - self.zero,
                                      fields[12]))
        return found

    def metric(self, namespace, name, since, until, **dimensions):
        """The statistic sets of a metric whose minute lies in the span, in order."""
        found = []
        for datum in self._lines_of('cloudwatch', 'metrics.jsonl'):
            at = parse_instant(datum['Timestamp']) - self.zero
            if datum['Namespace'] != namespace or datum['MetricName'] != name:
                continue
            pairs = {pair['Name']: pair['Value'] for pair in datum.get('Dimensions', [])}
            if not since <= at < until or any(pairs.get(k) != v for k, v in dimensions.items()):
                continue
            found.append(datum)
        return found
