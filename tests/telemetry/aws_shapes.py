"""Documents of a recording against the API's own shapes, as Debian's package python3-botocore has
them: every member must be known, of its type, and in its enumeration.

What AWS has added since is in NEWER, with where it is documented.
"""

import datetime
import glob
import gzip
import json
import os
import re

# The Debian package; else whichever botocore this Python has.
DEBIAN = '/usr/lib/python3/dist-packages/botocore/data'

# (service, shape, member): where it is documented.
NEWER = {
    ('ecs', 'ServiceConnectConfiguration', 'accessLogConfiguration'):
        'ECS API reference, ServiceConnectAccessLogConfiguration',
    ('ecs', 'ServiceConnectService', 'timeout'): 'ECS API reference, TimeoutConfiguration',
    ('xray', 'TraceSummary', 'StartTime'): 'X-Ray API reference, TraceSummary',
    ('cloudwatch', 'MetricAlarm', 'StateTransitionedTimestamp'):
        'CloudWatch API reference, MetricAlarm',
}

# What events have beside the shape that they describe. Source: ECS Developer Guide, "Amazon ECS
# events": times as ISO 8601, `updatedAt`, `accountId`.
EVENT_SHAPES = {
    'ECS Task State Change': ('Task', {'updatedAt'}),
    'ECS Container Instance State Change': ('ContainerInstance',
                                            {'updatedAt', 'accountId', 'clusterArn'}),
}
SERVICE_ACTIONS = {
    'INFO': {'SERVICE_STEADY_STATE', 'TASKSET_STEADY_STATE', 'CAPACITY_PROVIDER_STEADY_STATE',
             'SERVICE_DESIRED_COUNT_UPDATED'},
    'WARN': {'SERVICE_TASK_START_IMPAIRED', 'SERVICE_DISCOVERY_INSTANCE_UNHEALTHY'},
    'ERROR': {'SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED', 'ECS_OPERATION_THROTTLED',
              'SERVICE_DISCOVERY_OPERATION_THROTTLED', 'SERVICE_TASK_PLACEMENT_FAILURE',
              'SERVICE_TASK_CONFIGURATION_FAILURE'},
}
DEPLOYMENTS = {'INFO': {'SERVICE_DEPLOYMENT_IN_PROGRESS', 'SERVICE_DEPLOYMENT_COMPLETED'},
               'ERROR': {'SERVICE_DEPLOYMENT_FAILED'}}

# config/<kind>.jsonl: (service, version, shape of the whole document without `at`).
CONFIG = {
    'mesh': ('appmesh', '2019-01-25', 'DescribeMeshOutput'),
    'virtual-nodes': ('appmesh', '2019-01-25', 'DescribeVirtualNodeOutput'),
    'virtual-services': ('appmesh', '2019-01-25', 'DescribeVirtualServiceOutput'),
    'virtual-routers': ('appmesh', '2019-01-25', 'DescribeVirtualRouterOutput'),
    'routes': ('appmesh', '2019-01-25', 'DescribeRouteOutput'),
    'security-groups': ('ec2', '2016-11-15', 'DescribeSecurityGroupsResult'),
    'subnets': ('ec2', '2016-11-15', 'DescribeSubnetsResult'),
    'network-acls': ('ec2', '2016-11-15', 'DescribeNetworkAclsResult'),
    'route-tables': ('ec2', '2016-11-15', 'DescribeRouteTablesResult'),
    'task-definitions': ('ecs', '2014-11-13', 'DescribeTaskDefinitionResponse'),
    'alarms': ('cloudwatch', '2010-08-01', 'DescribeAlarmsOutput'),
}


def data_folder():
    if os.path.isdir(DEBIAN):
        return DEBIAN
    import botocore  # pylint: disable=import-outside-toplevel
    return os.path.join(os.path.dirname(botocore.__file__), 'data')


def load_model(service, version):
    path = os.path.join(data_folder(), service, version, 'service-2.json')
    opener = open if os.path.exists(path) else gzip.open
    with opener(path if os.path.exists(path) else path + '.gz', 'rt', encoding='utf-8') as file:
        return json.load(file)['shapes']


class Shapes:
    def __init__(self, service, version, iso_times=False, number_times=True):
        self.service, self.shapes = service, load_model(service, version)
        self.iso_times, self.number_times = iso_times, number_times

    def check(self, name, value, where=''):
        shape = self.shapes[name]
        check = getattr(self, '_' + shape['type'])
        yield from check(name, shape, value, where or name)

    def _structure(self, name, shape, value, where):
        if not isinstance(value, dict):
            yield '%s is no structure' % where
            return
        for member in shape.get('required', []):
            if member not in value:
                yield '%s lacks %s' % (where, member)
        for member, inner in value.items():
            if member in shape['members']:
                yield from self.check(shape['members'][member]['shape'], inner,
                                      '%s.%s' % (where, member))
            elif (self.service, name, member) not in NEWER:
                yield '%s has no member %s' % (where, member)

    def _list(self, _, shape, value, where):
        if not isinstance(value, list):
            yield '%s is no list' % where
            return
        for index, inner in enumerate(value):
            yield from self.check(shape['member']['shape'], inner, '%s[%d]' % (where, index))

    def _map(self, _, shape, value, where):
        if not isinstance(value, dict):
            yield '%s is no map' % where
            return
        for key, inner in value.items():
            yield from self.check(shape['value']['shape'], inner, '%s.%s' % (where, key))

    def _string(self, _, shape, value, where):
        if not isinstance(value, str):
            yield '%s is no text: %r' % (where, value)
        elif 'enum' in shape and value not in shape['enum']:
            yield '%s is none of its words: %s' % (where, value)
        elif not shape.get('min', 0) <= len(value) <= shape.get('max', 10 ** 9):
            yield '%s has a wrong length' % where

    def _integer(self, _, shape, value, where):
        if not isinstance(value, int) or isinstance(value, bool):
            yield '%s is no whole number: %r' % (where, value)
        elif not shape.get('min', value) <= value <= shape.get('max', value):
            yield '%s is out of range: %d' % (where, value)

    _long = _integer

    def _double(self, _, __, value, where):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            yield '%s is no number: %r' % (where, value)

    _float = _double

    def _boolean(self, _, __, value, where):
        if not isinstance(value, bool):
            yield '%s is neither true nor false: %r' % (where, value)

    def _timestamp(self, _, __, value, where):
        if not self.iso_times or (self.number_times and not isinstance(value, str)):
            yield from self._double(_, __, value, where)
            return
        try:
            datetime.datetime.fromisoformat(value.replace('Z', '+00:00'))
        except (AttributeError, ValueError):
            yield '%s is no instant: %r' % (where, value)


def documents(recording, *path):
    name = os.path.join(recording, *path)
    if not os.path.exists(name):
        return
    with open(name, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            yield '%s:%d' % (path[-1], number), json.loads(line)


def without(document, *members):
    return {key: value for key, value in document.items() if key not in members}


def check_described(recording):
    ecs = Shapes('ecs', '2014-11-13')
    for file, shape in (('tasks', 'Task'), ('services', 'Service'),
                        ('container-instances', 'ContainerInstance')):
        for place, document in documents(recording, 'ecs', file + '.jsonl'):
            for problem in ecs.check(shape, without(document, 'at')):
                yield '%s: %s' % (place, problem)


def source_of(kind):
    others = {'CloudWatch Alarm State Change': 'aws.cloudwatch',
              'FIS Experiment State Change': 'aws.fis'}
    return others.get(kind, 'aws.ecs')


def check_experiment_change(detail):
    """Source: AWS FIS User Guide, "Monitor AWS FIS experiments using Amazon EventBridge"."""
    if set(detail) != {'experiment-id', 'experiment-template-id', 'new-state', 'old-state'}:
        yield 'members %s' % sorted(detail)
        return
    if not re.fullmatch('EXP[A-Za-z0-9]+', detail['experiment-id']):
        yield 'an experiment %s' % detail['experiment-id']
    if not re.fullmatch('EXT[A-Za-z0-9]+', detail['experiment-template-id']):
        yield 'a template %s' % detail['experiment-template-id']
    for state in (detail['new-state'], detail['old-state']):
        if set(state) != {'status', 'reason'} or not state['reason']:
            yield 'members of a state: %s' % sorted(state)
        elif state['status'] not in ('pending', 'initiating', 'running', 'completed', 'stopping',
                                     'stopped', 'failed', 'cancelled'):
            yield 'a state %s' % state['status']


def check_alarm_change(detail):
    """Source: CloudWatch User Guide, "Alarm events and EventBridge"."""
    if set(detail) != {'alarmName', 'state', 'previousState', 'configuration'}:
        yield 'members %s' % sorted(detail)
        return
    for state in (detail['state'], detail['previousState']):
        if state['value'] not in ('OK', 'ALARM', 'INSUFFICIENT_DATA'):
            yield 'a state %s' % state['value']
        if not {'reason', 'timestamp'} <= set(state) <= {'reason', 'timestamp', 'value',
                                                         'reasonData'}:
            yield 'members of a state: %s' % sorted(state)
        json.loads(state.get('reasonData', '{}'))
    for metric in detail['configuration'].get('metrics', []):
        if ('metricStat' in metric) == ('expression' in metric) or 'returnData' not in metric:
            yield 'a metric %s' % sorted(metric)


def check_events(recording):
    ecs = Shapes('ecs', '2014-11-13', iso_times=True, number_times=False)
    for place, event in documents(recording, 'ecs', 'events.jsonl'):
        kind, detail = event['detail-type'], event['detail']
        if set(event) != {'version', 'id', 'detail-type', 'source', 'account', 'time', 'region',
                          'resources', 'detail'} or event['source'] != source_of(kind):
            yield '%s: members of the envelope: %s' % (place, sorted(event))
        if kind in EVENT_SHAPES:
            shape, beside = EVENT_SHAPES[kind]
            for problem in ecs.check(shape, without(event['detail'], *beside)):
                yield '%s: %s' % (place, problem)
            if not {'updatedAt', 'clusterArn'} <= set(detail):
                yield '%s: no updatedAt or clusterArn' % place
        elif kind == 'ECS Service Action':
            if detail['eventName'] not in SERVICE_ACTIONS[detail['eventType']]:
                yield '%s: %s' % (place, detail['eventName'])
            if not {'clusterArn', 'createdAt'} <= set(detail):
                yield '%s: members %s' % (place, sorted(detail))
        elif kind == 'CloudWatch Alarm State Change':
            for problem in check_alarm_change(detail):
                yield '%s: %s' % (place, problem)
        elif kind == 'FIS Experiment State Change':
            for problem in check_experiment_change(detail):
                yield '%s: %s' % (place, problem)
        elif kind == 'ECS Deployment State Change':
            if detail['eventName'] not in DEPLOYMENTS[detail['eventType']]:
                yield '%s: %s' % (place, detail['eventName'])
            if set(detail) != {'eventType', 'eventName', 'deploymentId', 'updatedAt', 'reason'}:
                yield '%s: members %s' % (place, sorted(detail))
        else:
            yield '%s: an event of kind %s' % (place, kind)


def check_metrics(recording):
    cloudwatch = Shapes('cloudwatch', '2010-08-01', iso_times=True, number_times=False)
    for place, datum in documents(recording, 'cloudwatch', 'metrics.jsonl'):
        for problem in cloudwatch.check('MetricDatum', without(datum, 'Namespace')):
            yield '%s: %s' % (place, problem)
        # The CloudWatch agent sends both of a distribution: values and their statistic set.
        if ('Value' in datum) == bool({'StatisticValues', 'Values'} & set(datum)):
            yield '%s: a datum has either a value, or a statistic set or values' % place
        if not 1 <= len(datum['Namespace']) <= 255:
            yield '%s: namespace' % place


def check_config(recording):
    shapes = {}
    for path in sorted(glob.glob(os.path.join(recording, 'config', '*.jsonl'))):
        kind = os.path.basename(path)[:-len('.jsonl')]
        if kind not in CONFIG:
            yield 'config/%s.jsonl: no shape is known' % kind
            continue
        service, version, name = CONFIG[kind]
        if service not in shapes:
            # An artefact is kept as the AWS CLI printed it, with times in ISO 8601.
            as_printed = kind in ('task-definitions', 'alarms')
            shapes[service] = Shapes(service, version, iso_times=as_printed)
        for place, document in documents(recording, 'config', kind + '.jsonl'):
            for problem in shapes[service].check(name, without(document, 'at')):
                yield '%s: %s' % (place, problem)


def problems_of(recording):
    return [problem for check in (check_described, check_events, check_metrics, check_config)
            for problem in check(recording)]
