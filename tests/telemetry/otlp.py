"""What OTLP/JSON and the semantic conventions say, restated; standard library only.

Source: OpenTelemetry protocol specification, "JSON Protobuf Encoding"; opentelemetry-proto (names and
types of fields); semantic conventions for HTTP spans and metrics.
"""

import json
import os
import re

TRACE_ID = re.compile(r'[0-9a-f]{32}\Z')
SPAN_ID = re.compile(r'[0-9a-f]{16}\Z')
DIGITS = re.compile(r'-?[0-9]+\Z')
BOUNDS = [0, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10]
VALUES = {'stringValue': str, 'intValue': str, 'boolValue': bool, 'doubleValue': (int, float),
          'arrayValue': dict, 'kvlistValue': dict}
RESOURCE = {'service.name', 'service.version', 'service.instance.id', 'cloud.provider',
            'cloud.platform', 'cloud.region', 'cloud.account.id', 'aws.ecs.cluster.arn',
            'aws.ecs.container.arn', 'aws.ecs.launchtype', 'aws.ecs.task.arn',
            'aws.ecs.task.family', 'aws.ecs.task.revision', 'host.id', 'container.id'}
SERVER = {'http.request.method', 'url.path', 'url.scheme'}
CLIENT = {'http.request.method', 'server.address', 'server.port', 'url.full'}
SPAN_FIELDS = {'traceId', 'spanId', 'parentSpanId', 'flags', 'name', 'kind', 'startTimeUnixNano',
               'endTimeUnixNano', 'attributes', 'status', 'events', 'links', 'traceState'}
LOG_FIELDS = {'timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'severityText', 'body',
              'attributes', 'flags', 'traceId', 'spanId'}
SERVER_KIND, CLIENT_KIND = 2, 3


def attributes(items):
    """{key: value} with integers as such."""
    found = {}
    for item in items:
        (kind, value), = item['value'].items()
        found[item['key']] = int(value) if kind == 'intValue' else value
    return found


def attribute_troubles(items):
    keys = [item['key'] for item in items]
    if len(set(keys)) < len(keys):
        yield 'an attribute stands there twice'
    for item in items:
        (kind, value), = item['value'].items()
        if not isinstance(value, VALUES.get(kind, ())):
            yield '%s is no %s' % (item['key'], kind)
        if kind == 'intValue' and not DIGITS.match(value):
            yield '%s: whole numbers are text of digits' % item['key']


class Document:
    """All of one signal's file: (resource attributes, scope name, item) for each item."""

    def __init__(self, recording, name, resources, scopes, items):
        self.items = []
        self.troubles = []
        with open(os.path.join(recording, 'otlp', name)) as file:
            for number, line in enumerate(file, 1):
                request = json.loads(line)
                if list(request) != [resources]:
                    self.troubles.append('%s:%d: no %s alone' % (name, number, resources))
                    continue
                for resource in request[resources]:
                    known = attributes(resource['resource']['attributes'])
                    for key in sorted(RESOURCE - set(known)):
                        self.troubles.append('%s:%d: the resource has no %s' % (name, number, key))
                    for scope in resource[scopes]:
                        for item in scope[items]:
                            self.items.append((known, scope['scope']['name'], item))


def span_troubles(span, scope):
    for key in set(span) - SPAN_FIELDS:
        yield 'a span has no ' + key
    if not TRACE_ID.match(span['traceId']) or set(span['traceId']) == {'0'}:
        yield 'traceId is not 32 hex digits'
    for key in ('spanId', 'parentSpanId'):
        if key in span and (not SPAN_ID.match(span[key]) or set(span[key]) == {'0'}):
            yield key + ' is not 16 hex digits'
    for key in ('startTimeUnixNano', 'endTimeUnixNano'):
        if not isinstance(span[key], str) or not DIGITS.match(span[key]):
            yield key + ' is no text of digits'
    if int(span['endTimeUnixNano']) < int(span['startTimeUnixNano']):
        yield 'it ends before it begins'
    if span['kind'] not in (1, 2, 3, 4, 5):
        yield 'there is no such kind'
    if span['status'].get('code', 0) not in (0, 1, 2):
        yield 'there is no such status code'
    yield from attribute_troubles(span['attributes'])
    if scope == 'http':
        yield from http_troubles(span)


def http_troubles(span):
    known = attributes(span['attributes'])
    is_server = span['kind'] == SERVER_KIND
    for key in sorted((SERVER if is_server else CLIENT) - set(known)):
        yield 'an HTTP span has no ' + key
    status = known.get('http.response.status_code')
    if status is not None and not isinstance(status, int):
        yield 'http.response.status_code is no integer'
    failed = status is None or status >= (500 if is_server else 400)
    if failed != (span['status'].get('code', 0) == 2):
        yield 'status %s and code %s do not fit' % (span['status'], status)
    if failed != ('error.type' in known):
        yield 'error.type is there, or is not, against the status'


def log_troubles(record):
    for key in set(record) - LOG_FIELDS:
        yield 'a log record has no ' + key
    if not 1 <= record['severityNumber'] <= 24:
        yield 'there is no such severity'
    if 'traceId' in record and not TRACE_ID.match(record['traceId']):
        yield 'traceId is not 32 hex digits'
    if 'spanId' in record and not ('traceId' in record and SPAN_ID.match(record['spanId'])):
        yield 'spanId is not 16 hex digits, or has no trace'
    yield from attribute_troubles(record['attributes'])


def point_troubles(name, point, histogram):
    yield from attribute_troubles(point.get('attributes', []))
    if not histogram:
        return
    counts = [int(count) for count in point['bucketCounts']]
    if point['explicitBounds'] != BOUNDS and name.startswith('http.'):
        yield name + ' has other bounds than the conventions advise'
    if len(counts) != len(point['explicitBounds']) + 1 or sum(counts) != int(point['count']):
        yield name + ': the buckets do not add up'
    if not point['min'] * sum(counts) <= point['sum'] * (1 + 1e-9) + 1e-9:
        yield name + ': the sum is below what the minimum allows'
    if not point['sum'] <= point['max'] * sum(counts) * (1 + 1e-9) + 1e-9:
        yield name + ': the sum is above what the maximum allows'


def metric_troubles(metric):
    data = [key for key in ('sum', 'gauge', 'histogram', 'exponentialHistogram') if key in metric]
    if len(data) != 1:
        yield 'a metric has %d kinds of data' % len(data)
        return
    body = metric[data[0]]
    if data[0] != 'gauge' and body.get('aggregationTemporality') not in (1, 2):
        yield 'there is no such temporality'
    for point in body['dataPoints']:
        yield from point_troubles(metric['name'], point, data[0] == 'histogram')


def read(recording):
    return (Document(recording, 'traces.jsonl', 'resourceSpans', 'scopeSpans', 'spans'),
            Document(recording, 'metrics.jsonl', 'resourceMetrics', 'scopeMetrics', 'metrics'),
            Document(recording, 'logs.jsonl', 'resourceLogs', 'scopeLogs', 'logRecords'))


def troubles(recording):
    traces, metrics, logs = read(recording)
    for document in (traces, metrics, logs):
        yield from document.troubles
    ids = set()
    for _, scope, span in traces.items:
        for trouble in span_troubles(span, scope):
            yield 'traces.jsonl: span %s: %s' % (span.get('spanId'), trouble)
        if span['spanId'] in ids:
            yield 'two spans have the id ' + span['spanId']
        ids.add(span['spanId'])
    for _, _, metric in metrics.items:
        for trouble in metric_troubles(metric):
            yield 'metrics.jsonl: ' + trouble
    for _, _, record in logs.items:
        for trouble in log_troubles(record):
            yield 'logs.jsonl: ' + trouble
