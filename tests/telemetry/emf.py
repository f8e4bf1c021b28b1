"""What must be true of Container Insights' performance log events, as documents of CloudWatch's
embedded metric format.

Source: CloudWatch User Guide, "Embedded metric format specification" (limits), "Container Insights
performance log events for Amazon ECS" (types and their members).
"""

import collections
import glob
import json
import os

UNITS = {'None', 'Count', 'Percent', 'Bytes', 'Megabytes', 'Bytes/Second'}
COMMON = {'Version', 'Type', 'ClusterName', 'Timestamp'}
PLACE = {'TaskId', 'TaskDefinitionFamily', 'TaskDefinitionRevision', 'ContainerInstanceId',
         'EC2InstanceId'}
USE = {'CpuUtilized', 'CpuReserved', 'MemoryUtilized', 'MemoryReserved', 'StorageReadBytes',
       'StorageWriteBytes'} | {'Network%s%s' % (way, what) for way in ('Rx', 'Tx')
                               for what in ('Bytes', 'Dropped', 'Errors', 'Packets')}
MEMBERS = {
    'Container': COMMON | PLACE | USE | {'ContainerName', 'Image', 'ContainerKnownStatus'},
    'Task': COMMON | PLACE | USE | {
        'ServiceName', 'AccountID', 'Region', 'AvailabilityZone', 'KnownStatus', 'LaunchType',
        'PullStartedAt', 'PullStoppedAt', 'CreatedAt', 'StartedAt', 'CloudWatchMetrics'},
    'Service': COMMON | {'ServiceName', 'DesiredTaskCount', 'RunningTaskCount', 'PendingTaskCount',
                         'DeploymentCount', 'TaskSetCount', 'CloudWatchMetrics'},
    'Cluster': COMMON | {'TaskCount', 'ContainerInstanceCount', 'ServiceCount',
                         'CloudWatchMetrics'},
    'Instance': COMMON | {
        'InstanceId', 'ContainerInstanceId', 'InstanceType', 'CloudWatchMetrics',
        'instance_cpu_limit', 'instance_cpu_usage_total', 'instance_cpu_utilization',
        'instance_cpu_reserved_capacity', 'instance_memory_limit', 'instance_memory_working_set',
        'instance_memory_utilization', 'instance_memory_reserved_capacity',
        'instance_network_total_bytes', 'instance_number_of_running_tasks'},
}
# The older layout, which ECS writes, has the directive at the root and no _aws.
DIMENSIONS = {
    'Task': [['ClusterName'], ['ClusterName', 'TaskDefinitionFamily'],
             ['ServiceName', 'ClusterName']],
    'Service': [['ServiceName', 'ClusterName']],
    'Cluster': [['ClusterName']],
}


def check_directive(event, directive):
    if set(directive) != {'Namespace', 'Metrics', 'Dimensions'}:
        yield 'members of a directive: %s' % sorted(directive)
        return
    if not 1 <= len(directive['Namespace']) <= 1024 or len(directive['Metrics']) > 100:
        yield 'a directive beyond the limits'
    for dimensions in directive['Dimensions']:
        if len(dimensions) > 30:
            yield 'more than 30 dimensions'
        for name in dimensions:
            if not isinstance(event.get(name), str) or not 1 <= len(event[name]) <= 1024:
                yield 'dimension %s is no short text at the root' % name
    for metric in directive['Metrics']:
        value = event.get(metric['Name'])
        numbers = value if isinstance(value, list) else [value]
        if len(numbers) > 100 or not all(
                isinstance(number, (int, float)) and not isinstance(number, bool)
                for number in numbers):
            yield 'metric %s is no number at the root' % metric['Name']
        if metric.get('Unit', 'None') not in UNITS:
            yield 'unit %s' % metric['Unit']


def check_event(message):
    if len(message.encode()) > 256 * 1024:
        yield 'larger than 256 KB'
    event = json.loads(message)
    kind = event.get('Type')
    if kind not in MEMBERS:
        yield 'type %s' % kind
        return
    if set(event) != MEMBERS[kind]:
        yield '%s has other members: %s' % (kind, sorted(set(event) ^ MEMBERS[kind]))
    if event['Version'] != '0' or event['Timestamp'] % 60000:
        yield 'version %s, time %s' % (event['Version'], event['Timestamp'])
    directives = event.get('CloudWatchMetrics', [])
    for directive in directives:
        yield from check_directive(event, directive)
    if kind in DIMENSIONS and [d['Dimensions'] for d in directives] != [DIMENSIONS[kind]]:
        yield '%s has other dimensions' % kind
    if any(value < 0 for value in event.values() if isinstance(value, (int, float))):
        yield 'a negative figure'


def check_sums(events):
    """Containers add up to their task, services to the cluster."""
    tasks, parts = {}, collections.defaultdict(collections.Counter)
    running, counted = collections.Counter(), {}
    for event in events:
        key = event['Timestamp'], event.get('TaskId')
        if event['Type'] == 'Task':
            tasks[key] = event
        elif event['Type'] == 'Container':
            for name in ('CpuUtilized', 'NetworkRxBytes', 'NetworkTxBytes', 'NetworkRxPackets'):
                parts[key][name] += event.get(name, 0)
        elif event['Type'] == 'Service':
            running[event['Timestamp']] += event['RunningTaskCount']
        elif event['Type'] == 'Cluster':
            counted[event['Timestamp']] = event['TaskCount']
    for key, task in tasks.items():
        for name, total in parts[key].items():
            # CPU beside the containers is the task's alone; parts are rounded.
            wrong = total > task[name] + 0.1 if name == 'CpuUtilized' else \
                abs(total - task[name]) > 0.1
            if wrong:
                yield '%s of the containers of %s: %.2f of %.2f' % (name, key, total, task[name])
    for minute, count in counted.items():
        if running[minute] > count:
            yield 'at %d %d tasks run in services and %d in the cluster' % (
                minute, running[minute], count)


def problems_of(recording):
    problems, events = [], []
    for path in sorted(glob.glob(os.path.join(
            recording, 'logs', '%2Faws%2Fecs%2Fcontainerinsights%2F*', '*.jsonl'))):
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                message = json.loads(line)['message']
                events.append(json.loads(message))
                problems += ['%s:%d: %s' % (os.path.basename(path), number, problem)
                             for problem in check_event(message)]
    missing = set(MEMBERS) - {event['Type'] for event in events}
    if missing:
        problems.append('no event of %s' % sorted(missing))
    return problems + list(check_sums(events))
