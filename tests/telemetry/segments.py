"""What the X-Ray documentation says of segment documents, restated; standard library only.

Source: AWS X-Ray Developer Guide, "X-Ray segment documents" (fields, their types and lengths, 64 kB)
and "Sending trace data to X-Ray" (the daemon's UDP header); Envoy's daemon.proto for what App Mesh's
proxies add.
"""

import json
import os
import re

SIZE_MAX = 64 * 1024
DATAGRAM_MAX = 65507  # Of UDP over IPv4.
UDP_HEADER = '{"format": "json", "version": 1}\n'
TEXT_MAX = 250
NAME = re.compile(r'[\w\s.:/%&#=+\\\-@]{1,200}\Z')
ID = re.compile(r'[0-9a-f]{16}\Z')
TRACE_ID = re.compile(r'1-[0-9a-f]{8}-[0-9a-f]{24}\Z')
ORIGINS = {'AWS::EC2::Instance', 'AWS::ECS::Container', 'AWS::ElasticBeanstalk::Environment',
           'AWS::AppMesh::Proxy'}
ANNOTATIONS_MAX = 50

COMMON = {'id', 'name', 'start_time', 'end_time', 'in_progress', 'http', 'aws', 'error', 'throttle',
          'fault', 'cause', 'annotations', 'metadata', 'subsegments', 'trace_id', 'parent_id'}
SEGMENT = COMMON | {'service', 'user', 'origin'}
SUBSEGMENT = COMMON | {'type', 'namespace', 'precursor_ids', 'sql'}
REQUEST = {'method': str, 'url': str, 'user_agent': str, 'client_ip': str}
AWS_SEGMENT = {'account_id', 'cloudwatch_logs', 'ec2', 'ecs', 'eks', 'elastic_beanstalk', 'xray',
               'app_mesh'}
AWS_SUBSEGMENT = {'operation', 'account_id', 'region', 'request_id', 'queue_url', 'table_name',
                  'resource_names'}
EXCEPTION = {'id', 'message', 'type', 'remote', 'truncated', 'skipped', 'cause', 'stack'}


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def texts(value):
    """Every string in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def common_troubles(part):
    if not ID.match(str(part.get('id'))):
        yield 'id is not 16 hex digits'
    if not isinstance(part.get('name'), str) or not NAME.match(part['name']):
        yield 'name has other characters, or too many of them'
    if not is_number(part.get('start_time')):
        yield 'start_time is no number'
    if ('end_time' in part) == ('in_progress' in part):
        yield 'not exactly one of end_time and in_progress'
    elif 'end_time' in part and not is_number(part['end_time']):
        yield 'end_time is no number'
    elif 'end_time' in part and part['end_time'] < part['start_time']:
        yield 'it ends before it begins'
    if part.get('in_progress', True) is not True:
        yield 'in_progress is there and not true'
    for key in ('error', 'throttle', 'fault'):
        if part.get(key, True) is not True:
            yield key + ' is there and not true'
    yield from http_troubles(part)
    yield from cause_troubles(part.get('cause'))
    yield from annotation_troubles(part.get('annotations', {}))


def http_troubles(part):
    http = part.get('http', {})
    request, response = http.get('request', {}), http.get('response', {})
    if set(http) - {'request', 'response'}:
        yield 'http has other members'
    flag = 'traced' if part.get('namespace') else 'x_forwarded_for'
    for key, value in request.items():
        if key == flag:
            if not isinstance(value, bool):
                yield 'http.request.%s is no boolean' % key
        elif not isinstance(value, REQUEST.get(key, ())):
            yield 'http.request.%s is unknown, or no text' % key
    for key, value in response.items():
        if key not in ('status', 'content_length') or not is_integer(value):
            yield 'http.response.%s is unknown, or no whole number' % key
    status = response.get('status')
    if status is None:
        return
    if not 100 <= status <= 599:
        yield 'http.response.status is none of HTTP'
    wanted = {'error': 400 <= status < 500, 'throttle': status == 429, 'fault': status >= 500}
    for key, value in wanted.items():
        if part.get(key, False) != value:
            yield '%s does not fit status %d' % (key, status)


def cause_troubles(cause):
    if cause is None:
        return
    if isinstance(cause, str):
        if not ID.match(cause):
            yield 'cause is no exception id'
        return
    if set(cause) - {'working_directory', 'paths', 'exceptions'}:
        yield 'cause has other members'
    for exception in cause.get('exceptions', []):
        if set(exception) - EXCEPTION or not ID.match(str(exception.get('id'))):
            yield 'an exception without a right id, or with other members'


def annotation_troubles(annotations):
    if len(annotations) > ANNOTATIONS_MAX:
        yield 'more than %d annotations' % ANNOTATIONS_MAX
    for value in annotations.values():
        if not isinstance(value, (str, int, float, bool)):
            yield 'an annotation that is no text, number or boolean'


def subsegment_troubles(part, parent):
    for key in set(part) - SUBSEGMENT:
        yield 'a subsegment has no %s' % key
    yield from common_troubles(part)
    if part.get('namespace', 'remote') not in ('aws', 'remote'):
        yield 'namespace is neither aws nor remote'
    if set(part.get('aws', {})) - AWS_SUBSEGMENT:
        yield 'aws of a subsegment has other members'
    if parent is None:  # Sent alone.
        for key in ('trace_id', 'parent_id', 'type'):
            if key not in part:
                yield 'a subsegment that is sent alone has no ' + key
    for inner in part.get('subsegments', []):
        yield from subsegment_troubles(inner, part)


def segment_troubles(part):
    for key in set(part) - SEGMENT:
        yield 'a segment has no ' + key
    yield from common_troubles(part)
    if 'parent_id' in part and not ID.match(part['parent_id']):
        yield 'parent_id is not 16 hex digits'
    if part.get('origin', 'AWS::EC2::Instance') not in ORIGINS:
        yield 'origin is none that is documented'
    if set(part.get('aws', {})) - AWS_SEGMENT:
        yield 'aws has other members'
    if ('app_mesh' in part.get('aws', {})) != (part.get('origin') == 'AWS::AppMesh::Proxy'):
        yield 'aws.app_mesh belongs to proxies'
    if set(part.get('service', {})) - {'version'}:
        yield 'service has other members'
    for inner in part.get('subsegments', []):
        if inner.get('type') is not None:
            yield 'an embedded subsegment needs no type'
        yield from subsegment_troubles(inner, part)


def document_troubles(line):
    """What is wrong with one line of segments.jsonl."""
    if len(line.encode()) > SIZE_MAX:
        yield 'larger than 64 kB'
    if len((UDP_HEADER + line).encode()) > DATAGRAM_MAX:
        yield 'no datagram is that large'
    part = json.loads(line)
    if not TRACE_ID.match(str(part.get('trace_id'))):
        yield 'trace_id is not 1-8-24 hex digits'
    if any(len(text) > TEXT_MAX for text in texts(part)):
        yield 'a text of more than %d characters' % TEXT_MAX
    if part.get('type') == 'subsegment':
        yield from subsegment_troubles(part, None)
    else:
        yield from segment_troubles(part)


def whole_troubles(parts):
    """What only all documents together can break."""
    ids, parents = {}, {}
    for part in parts:
        for one in [part, *part.get('subsegments', [])]:
            if one['id'] in ids:
                yield 'two parts have the id ' + one['id']
            ids[one['id']] = part['trace_id']
            parents[one['id']] = one.get('parent_id', part['id'] if one is not part else None)
        begun = int(part['trace_id'][2:10], 16)
        if not -1 <= part['start_time'] - begun < 3600:
            yield '%s begins far from the second that its trace tells' % part['id']
    for identity, parent in parents.items():
        if parent is not None and ids.get(parent, ids[identity]) != ids[identity]:
            yield '%s has a parent in another trace' % identity


def troubles(recording):
    """Lines of text, each about one document of a recording."""
    with open(os.path.join(recording, 'xray', 'segments.jsonl')) as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        for trouble in document_troubles(line):
            yield 'xray/segments.jsonl:%d: %s' % (number, trouble)
    for trouble in whole_troubles([json.loads(line) for line in lines]):
        yield 'xray/segments.jsonl: ' + trouble
