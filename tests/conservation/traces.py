"""Do a recording's segments fit together, and do they tell what the access logs tell?"""

import collections

from offsets import Offsets
from recording import open_requests

SEGMENT_CUT_S = 2e-6  # Segments cut their times to microseconds, at both ends.


def segment_of_envoy(segment):
    return segment.get('origin') == 'AWS::AppMesh::Proxy'


def check_lines_have_segments(recording, all_traced):
    """Each line of a traced request has its segment, and each segment of an Envoy its line."""
    if recording.is_service_connect:
        return
    killed = {task.service for task in recording.tasks.values() if task.envoy_was_killed}
    node_service = {task.node: task.service for task in recording.tasks.values()}
    lines = collections.Counter()
    traced = set()
    segments = collections.Counter()
    for segment in recording.segments:
        if not segment_of_envoy(segment):
            traced.add(segment['annotations'].get('transaction_id'))
            continue
        annotations = segment['annotations']
        service = node_service.get(segment['aws']['app_mesh']['virtual_node_name'])
        status = segment['http'].get('response', {}).get('status', 0)
        segments[(service, annotations['direction'], annotations['guid:x-request-id'],
                  status)] += 1
        traced.add(annotations['guid:x-request-id'])
    for task in recording.tasks.values():
        for line in task.lines:
            if all_traced or line.id in traced:
                lines[(task.service, line.direction, line.id, line.code)] += 1
    for key in sorted(set(lines) | set(segments), key=str):
        if lines[key] > segments[key]:
            yield '%s %s: request %s has %d lines with code %d and %d segments' % (
                key[0], key[1], key[2], lines[key], key[3], segments[key])
        if segments[key] > lines[key] and key[0] not in killed:
            yield '%s %s: request %s has %d segments with status %d and %d lines' % (
                key[0], key[1], key[2], segments[key], key[3], lines[key])


def parts_of(segment):
    yield segment
    for part in segment.get('subsegments', ()):
        yield part


def check_traces(recording):
    """Ids are unique, every parent is there, children lie within their parents."""
    still = open_requests(recording)
    killed = any(task.anything_was_killed for task in recording.tasks.values())
    parents = {}
    for segment in recording.segments:
        for part in parts_of(segment):
            if part['id'] in parents:
                yield 'traces: id %s is given twice' % part['id']
            parents[part['id']] = (segment, part)
            if part['end_time'] < part['start_time']:
                yield 'traces: %s ends before it begins' % part['id']
    orphans = set()  # By the parent they miss: each try of a caller has a segment of its own.
    # A callee goes on when its caller has left or waits no longer, to the end of the run and beyond;
    # a worker process that died (502 from those that live) has told nothing of its calls.
    left_alone = {segment['trace_id'] for segment in recording.segments
                  if segment_of_envoy(segment) and (status_of(segment) in (0, 502) or
                                                    has_timed_out(segment))}
    offsets = Offsets(SEGMENT_CUT_S)
    for segment in recording.segments:
        if 'parent_id' not in segment:
            continue
        if segment['parent_id'] not in parents:
            if segment['trace_id'] not in left_alone:
                orphans.add(segment['parent_id'])
            continue
        whole, part = parents[segment['parent_id']]
        if whole['trace_id'] != segment['trace_id']:
            yield 'traces: %s and its parent are of two traces' % segment['id']
        has_end = not part.get('fault') and status_of(part) == status_of(segment)
        offsets.add((where(recording, whole), where(recording, segment)),
                    (part['start_time'], part['end_time']),
                    (segment['start_time'], segment['end_time']), has_end,
                    'segment ' + segment['id'])
    if len(orphans) > still and not killed:
        yield 'traces: %d parents of segments are missing, and only %d requests are open' % (
            len(orphans), still)
    yield from offsets.contradictions('s')


def has_timed_out(segment):
    return 'UT' in segment.get('annotations', {}).get('response_flags', '').split(',')


def status_of(part):
    return part.get('http', {}).get('response', {}).get('status', 0)


def where(recording, segment):
    """The host of a segment; of an Envoy's, where its node runs on one host only."""
    if segment_of_envoy(segment):
        hosts = recording.hosts_of_node.get(segment['aws']['app_mesh']['virtual_node_name'], ())
        return next(iter(hosts)) if len(hosts) == 1 else ('node', segment['id'])
    arn = segment['aws']['ecs'].get('container_arn', '').split('/')
    for part in arn:
        if part in recording.tasks:
            return recording.tasks[part].host
    return ('container', segment['id'])
