#!/usr/bin/env python3
"""Does a recording add up? An auditor that knows its files and nothing of the program.

usage: check_recording.py [--all-traced] RECORDING...

Nothing that was issued may vanish: each request is answered, failed or still under way, at every
hop. What one party wrote down must agree with what its peers, its own counters and its traces say.
--all-traced: every request was sampled, so every line must have its segment.

An Envoy that was killed takes its unwritten lines with it (the buffer of its log, the last seconds
of its counters), so of such a task only what it had written is held to anything.

Prints each contradiction with the file's own figures. Exit code: 1 when there is one.
"""

import argparse
import collections
import math
import sys

from offsets import Offsets
from recording import DIRECTIONS, Recording, open_requests
from traces import check_lines_have_segments, check_traces

# Access logs cut START_TIME and DURATION to whole milliseconds.
LOG_CUT_MS = 1


# --- The load's own books -------------------------------------------------------------------------

def check_totals(recording):
    """issued = answered + failed + in flight, and the series of the loads say the same."""
    requests = recording.summary['requests']
    if requests['issued'] != requests['answered'] + requests['failed'] + requests['inFlight']:
        yield 'summary: %(issued)d issued, but %(answered)d answered + %(failed)d failed + ' \
              '%(inFlight)d in flight' % requests
    if requests['gaveUp'] > requests['failed']:
        yield 'summary: more clients gave up (%(gaveUp)d) than failed (%(failed)d)' % requests
    ended = failed = 0
    for name in sorted(set(recording.loads.values())):
        count, bad, statuses, _ = recording.series(name)
        ended += count
        failed += bad
        if sum(statuses.values()) != count:
            yield '%s: statuses add up to %d of %d' % (name, sum(statuses.values()), count)
        by_status = sum(n for status, n in statuses.items() if status == 0 or status >= 400)
        cut_short = sum(1 for task in recording.tasks.values() for line in task.lines
                        if line.code == 200 and 'UC' in line.flags)
        if not any(task.lines for task in recording.tasks.values()):
            cut_short = statuses.get(200, 0)
        if not by_status <= bad <= by_status + cut_short:
            yield '%s: %d failed, by their statuses %d' % (name, bad, by_status)
    if ended != requests['answered'] + requests['failed'] or failed != requests['failed']:
        yield 'loads: series hold %d ended, %d failed; the summary %d, %d' % (
            ended, failed, requests['answered'] + requests['failed'], requests['failed'])


def check_hop_counts(recording):
    """What crossed one hop crosses the next, dies there or is still on it."""
    still = open_requests(recording)
    killed = any(task.anything_was_killed for task in recording.tasks.values())
    into = collections.Counter()
    for chain in recording.hops['chains']:
        hops = chain['hops']
        way_there = [hop for hop in hops if '->' in hop]
        if len(way_there) != len(hops) - 1 - len([hop for hop in hops if '<-' in hop]):
            yield '%s: its hops are no way there, work and way back: %s' % (chain['name'], hops)
            continue
        own = hops[len(way_there)]
        last = way_there[-1]
        if last.split('->')[0].split('.')[0] == own.split('.')[0]:
            into[(way_there[-2], last)] += 1
            into[(last, own)] += 1
            into[(own, hops[len(way_there) + 1])] += 1
        else:
            into[(last, own)] += 1
    followers = collections.defaultdict(set)
    for before, after in into:
        followers[after].add(before)
    for after in sorted(followers):
        came = sum(recording.hop(hop)[0] for hop in followers[after])
        crossed, failed, _ = recording.hop(after)
        left = came - crossed - failed
        if left < 0 and not is_probed(recording, after):
            yield 'hops: %d crossed %s, and %d crossed or failed at %s' % (
                came, ' and '.join(sorted(followers[after])), crossed + failed, after)
        elif left > still + given_up(recording, after) and recording.has_telemetry and \
                not killed and after.rsplit('.', 1)[0] not in recording.callees:
            # An application whose caller left while it waited for a call has not failed itself:
            # the hop that kept it waiting has.
            yield 'hops: %d crossed %s, %d crossed and %d failed at %s: %d are nowhere, and only ' \
                  '%d are open' % (came, ' and '.join(sorted(followers[after])), crossed, failed,
                                   after, left, still)


def given_up(recording, hop):
    """Requests that an application may still be at when the run ends, though nobody waits for it."""
    service, _, party = hop.rpartition('.')
    if party != 'app':
        return 0
    return sum(1 for task in recording.tasks.values() if task.node == service
               for line in task.lines if {'UT', 'DC'} & set(line.flags))


def is_probed(recording, hop):
    """Did requests cross the hop that no client has sent?"""
    return hop.replace('->', '.').split('.')[0] in recording.probed


def check_hop_times(recording, calls_are_parallel):
    """The hops of a request add up to its duration: so do those of all, where all went well."""
    if calls_are_parallel or recording.summary['requests']['inFlight'] or recording.probed:
        return
    series = recording.hops['series']
    hops = [entry['name'] for entry in recording.hops['hops']]
    if any(recording.series(entry['name'])[1] for entry in series):
        return
    if any(recording.hop(name)[1] for name in hops):
        return
    # An Envoy that waits before it tries again stands on no hop.
    if any(value for task in recording.tasks.values() for (name, _), value in task.counters.items()
           if name == 'cluster.upstream_rq_retry'):
        return
    loads = sorted(set(recording.loads.values()))
    requests = sum(recording.series(name)[0] for name in loads)
    whole = sum(recording.series(name)[3] for name in loads)
    parts = sum(recording.hop(name)[2] for name in hops)
    if abs(whole - parts) > 1000 * requests:
        yield 'hops: %d requests took %d ns, their hops %d ns' % (requests, whole, parts)


# --- One Envoy's log and its counters --------------------------------------------------------------

def lines_that_count(task):
    """The lines that the counters must know: all, or those up to the last flush of both."""
    if not task.envoy_was_killed:
        return task.lines, True
    if task.last_statsd is None or task.last_flush is None:
        return [], False
    return [line for line in task.lines if line.end < task.last_statsd - 2 * LOG_CUT_MS], False


def check_streams(recording):
    """Streams that began have ended with a status, without one, or are open."""
    for task in recording.tasks.values():
        for direction in DIRECTIONS:
            total = task.counter('http.downstream_rq_total', direction)
            completed = task.counter('http.downstream_rq_completed', direction)
            reset = task.counter('http.downstream_rq_rx_reset', direction)
            active = task.gauge('http.downstream_rq_active', direction)
            if total != completed + reset + active:
                yield '%s %s: %d requests, but %d completed + %d reset + %d open' % (
                    name_of(task), direction, total, completed, reset, active)
            by_class = sum(task.counter('http.downstream_rq_xx', (direction, str(digit)))
                           for digit in range(1, 6))
            if by_class != completed:
                yield '%s %s: %d completed, by class %d' % (name_of(task), direction, completed,
                                                            by_class)


def check_lines_against_counters(recording):
    """As many lines of each class as the connection manager has counted."""
    for task in recording.tasks.values():
        if task.last_statsd is None:
            continue
        lines, is_whole = lines_that_count(task)
        logged = collections.Counter((line.direction, line.code // 100) for line in lines)
        for direction in DIRECTIONS:
            for digit in range(6):
                counted = (task.counter('http.downstream_rq_xx', (direction, str(digit))) if digit
                           else task.counter('http.downstream_rq_rx_reset', direction))
                written = logged[(direction, digit)]
                if written > counted or (is_whole and written < counted):
                    yield '%s %s: %d lines of class %dxx, the counter says %d' % (
                        name_of(task), direction, written, digit, counted)


def clusters_of(task):
    return sorted({tag[0] if isinstance(tag, tuple) else tag
                   for name, tag in task.counters if name.startswith('cluster.')})


def check_clusters(recording):
    """A cluster's books: connections, answers by code, and the lines that went to it."""
    by_address = {task.address: task for task in recording.tasks.values()}
    nodes = {task.node for task in recording.tasks.values()}
    for task in recording.tasks.values():
        lines, is_whole = lines_that_count(task)
        logged = collections.Counter()
        reset = collections.Counter()
        timed_out = collections.Counter()
        for line in lines:
            cluster = cluster_of(line, task, by_address)
            timed_out[cluster] += 'UT' in line.flags
            if cluster and line.code:
                logged[(cluster, str(line.code))] += 1
            elif cluster:
                reset[cluster] += 1
        # A line without a host (503 UH) does not tell its cluster, though that is charged.
        homeless = sum(1 for line in lines if line.host == '-' and line.code == 503)
        for cluster in clusters_of(task):
            made = task.counter('cluster.upstream_cx_total', cluster)
            gone = task.counter('cluster.upstream_cx_destroy', cluster)
            gone_by_side = task.counter('cluster.upstream_cx_destroy_local', cluster) + \
                task.counter('cluster.upstream_cx_destroy_remote', cluster)
            active = task.gauge('cluster.upstream_cx_active', cluster)
            if made != gone + active or gone != gone_by_side:
                yield '%s %s: %d connections, but %d destroyed (%d by side) + %d active' % (
                    name_of(task), cluster, made, gone, gone_by_side, active)
            codes = {tag[1]: value for (name, tag), value in task.counters.items()
                     if name == 'cluster.upstream_rq' and isinstance(tag, tuple)
                     and tag[0] == cluster}
            completed = task.counter('cluster.upstream_rq_completed', cluster)
            if sum(codes.values()) != completed:
                yield '%s %s: %d completed, by code %d' % (name_of(task), cluster, completed,
                                                           sum(codes.values()))
            key = cluster_key(cluster, nodes)
            # A caller that left while its answer was on its way has been charged, too; and so has an
            # answer that this Envoy is still at work on.
            slack = reset[key] + task.gauge('http.downstream_rq_active', key[0])
            for code in sorted(set(codes) | {c for k, c in logged if k == key}):
                written, counted = logged[(key, code)], codes.get(code, 0)
                spare = homeless if code == '503' else 0
                least = most = counted
                if code == '504':
                    # A time-out during a back-off is charged to no upstream. A time-out of one try
                    # is, unless it is tried again: the lines tell them apart no further.
                    uncharged = timed_out[key] - task.counter('cluster.upstream_rq_timeout', cluster)
                    tries = task.counter('cluster.upstream_rq_per_try_timeout', cluster)
                    least, most = counted + max(0, uncharged - tries), counted + max(0, uncharged)
                if written > most or (is_whole and least > written + slack + spare):
                    yield '%s %s: %d lines with code %s, the counter says %d' % (
                        name_of(task), cluster, written, code, counted)
            limits = task.counter('cluster.upstream_rq_retry_limit_exceeded', cluster)
            exhausted = sum(1 for line in lines if 'URX' in line.flags
                            and cluster_of(line, task, by_address) == key)
            if exhausted > limits or (is_whole and limits > exhausted + slack):
                yield '%s %s: %d lines with URX, the counter says %d' % (
                    name_of(task), cluster, exhausted, limits)


def cluster_key(cluster, nodes):
    """(direction, node) of cds_<direction>_<mesh>_<node>_<protocol>_<port>; names may hold _."""
    direction, rest = cluster.split('_', 2)[1:]
    head = rest.rsplit('_', 2)[0]
    fitting = [node for node in nodes if head.endswith('_' + node)]
    return direction, max(fitting, key=len, default=cluster)


def cluster_of(line, task, by_address):
    """The cluster key of a line, where its upstream host tells."""
    if line.direction == 'ingress':
        return ('ingress', task.node) if line.host != '-' else None
    peer = by_address.get(line.host.split(':')[0])
    return ('egress', peer.node) if peer else None


# --- Service Connect's metrics ----------------------------------------------------------------------

def check_connect_metrics(recording):
    """As many answered requests, and answers of each class, as the proxies' logs have: a proxy that
    ends takes what it has counted since the last look along."""
    tasks = list(recording.tasks.values())
    if not recording.is_service_connect or any(task.envoy_was_killed for task in tasks):
        return
    is_whole = not any(task.exits for task in tasks)
    services = {service: name for name, service in recording.endpoints.items()}
    came = collections.Counter(task.service for task in tasks for line in task.lines
                               if line.direction == 'ingress' and line.code)
    went = collections.Counter((line.label, line.code // 100) for task in tasks
                               for line in task.lines if line.direction == 'egress')
    expected = [('RequestCount', 'DiscoveryName', services[service], count)
                for service, count in came.items() if service in services]
    expected += [('HTTPCode_Target_%dXX_Count' % digit, 'TargetDiscoveryName', name, count)
                 for (name, digit), count in went.items()
                 if digit >= 2 and name in recording.endpoints]
    for metric, kind, name, count in sorted(expected):
        told = recording.metric(metric, {kind: name})
        if told > count or (is_whole and told < count):
            yield '%s of %s is %d, the logs have %d lines' % (metric, name, told, count)


# --- Two parties of one call -----------------------------------------------------------------------

def index(lines):
    found = collections.defaultdict(list)
    for line in lines:
        found[line.id].append(line)
    return found


def check_callers_and_callees(recording):
    """An answer that was passed on was given; a request that came was sent."""
    by_address = {task.address: task for task in recording.tasks.values()}
    ingress = {task.id: index(l for l in task.lines if l.direction == 'ingress')
               for task in recording.tasks.values()}
    targets = set(recording.loads.values())
    for task in recording.tasks.values():
        answers = collections.Counter()
        for line in task.lines:
            if line.direction == 'egress' and line.passed_an_answer_on:
                answers[(line.host.split(':')[0], line.id, line.code)] += 1
        for (address, identity, code), count in sorted(answers.items()):
            peer = by_address.get(address)
            if peer is None:
                yield '%s got answers of %s, where nobody is' % (name_of(task), address)
            elif not peer.envoy_was_killed:
                given = sum(1 for line in ingress[peer.id][identity] if line.code == code)
                if given < count:
                    yield '%s passed %d answers %d of %s on, which gave %d (request %s)' % (
                        name_of(task), count, code, name_of(peer), given, identity)
    killed_callers = any(task.envoy_was_killed for task in recording.tasks.values())
    sent = {line.id for task in recording.tasks.values() for line in task.lines
            if line.direction == 'egress'}
    # A caller that tries again has one stream, and its callee a line for each try.
    unsent = {(task.service, line.id) for task in recording.tasks.values()
              if task.service not in targets for line in task.lines
              if line.direction == 'ingress' and not line.is_probe and line.id not in sent}
    if len(unsent) > open_requests(recording) and not killed_callers:
        yield '%d requests came to a service that nobody has a line of, and only %d are open' % (
            len(unsent), open_requests(recording))


def check_app_records(recording):
    """What an Envoy passes on from its application, that one has written down; once."""
    for task in recording.tasks.values():
        if not task.app_lines:
            continue
        told = collections.Counter((line.id, line.status) for line in task.app_lines)
        passed = collections.Counter((line.id, line.code) for line in task.lines
                                     if line.direction == 'ingress' and line.passed_an_answer_on
                                     and not line.is_probe)
        for key, count in sorted(passed.items()):
            if told[key] < count:
                yield '%s: %d answers %d of request %s passed on, the application tells of %d' % (
                    name_of(task), count, key[1], key[0], told[key])
        if task.envoy_was_killed or not task.lines:
            continue
        came = collections.Counter(line.id for line in task.lines if line.direction == 'ingress')
        handled = collections.Counter(line.id for line in task.app_lines)
        still = task.gauge('http.downstream_rq_active', 'ingress')
        extra = sum(max(0, count - came[identity]) for identity, count in handled.items())
        if extra > still:
            yield '%s: the application handled %d requests more than its Envoy has lines of' % (
                name_of(task), extra)


def check_loads(recording):
    """What the clients got is what the first Envoys say they gave."""
    for service in sorted(set(recording.loads.values())):
        tasks = recording.tasks_of(service)
        if not any(task.lines for task in tasks):
            continue
        if any(task.envoy_was_killed for task in tasks):
            continue
        if any(service in names for names in recording.callees.values()):
            continue  # Lines of other callers are among them.
        lines = [line for task in tasks for line in task.lines
                 if line.direction == 'ingress' and not line.is_probe]
        _, _, statuses, _ = recording.series(service)
        given = collections.Counter(line.code for line in lines if line.code)
        lost = statuses.get(0, 0) + recording.summary['requests']['inFlight']
        for code in sorted(set(given) | {status for status in statuses if status}):
            got = statuses.get(code, 0)
            if got > given[code] or given[code] > got + lost:
                yield '%s: clients got %d answers %d, its Envoys gave %d, and %d clients have ' \
                      'no answer' % (service, got, code, given[code], lost)


# --- Causality -------------------------------------------------------------------------------------

def check_causality_of_lines(recording):
    """Of requests that one party sent to one callee; whose line is whose is then not in doubt."""
    if open_requests(recording) or any(task.envoy_was_killed for task in recording.tasks.values()):
        return  # A caller's line may be missing. Segments name their parents, and go on.
    by_address = {task.address: task for task in recording.tasks.values()}
    ingress = {task.id: index(l for l in task.lines if l.direction == 'ingress')
               for task in recording.tasks.values()}
    sent = collections.defaultdict(list)
    for task in recording.tasks.values():
        for line in task.lines:
            peer = by_address.get(line.host.split(':')[0])
            if line.direction == 'egress' and peer is not None:
                sent[(peer.service, line.id)].append((line, peer))
    offsets = Offsets(2 * LOG_CUT_MS)
    for (_, identity), calls in sent.items():
        line, peer = calls[0]
        at_peer = ingress[peer.id][identity]
        if len(calls) == 1 and at_peer:
            offsets.add((line.task.host, peer.host), (line.start, line.end),
                        (min(l.start for l in at_peer), min(l.end for l in at_peer)),
                        line.passed_an_answer_on, 'request ' + identity)
    yield from offsets.contradictions('ms')


# --- The summary -----------------------------------------------------------------------------------

def nearest_rank(values, p):
    ordered = sorted(values)
    exact = p * len(ordered)
    rank = min(max(math.ceil(exact - 1e-9 * len(ordered)), 1), len(ordered))
    return ordered[rank - 1]


def check_summary(recording):
    """Lines, codes, flags and quantiles of each Envoy in each window are those of its log."""
    zero = recording.zero_ms
    for party in recording.summary['parties']:
        name = party['party']
        if name.endswith(' in ECS') or '.' not in name or ' ' not in name:
            continue
        head, _, rest = name.partition(' ')
        service = head.rsplit('.', 1)[0]
        direction = 'ingress' if rest == 'ingress' else 'egress'
        label = rest.rpartition(' ')[2]
        lines = [line for task in recording.tasks_of(service) for line in task.lines
                 if line.direction == direction and
                 (direction == 'ingress' or line.label == label)]
        for figures in party['windows']:
            window = recording.summary['windows'][figures['window']]
            end = math.inf if window['toNs'] is None else window['toNs']
            inside = [line for line in lines
                      if window['fromNs'] <= (line.end - zero) * 1_000_000 < end]
            yield from compare_window('%s in "%s"' % (name, window['name']), figures, inside)


def compare_window(what, figures, lines):
    if figures['lines'] != len(lines):
        yield 'summary: %s: %d lines, the log has %d' % (what, figures['lines'], len(lines))
        return
    codes = collections.Counter(str(line.code) for line in lines)
    if figures['codes'] != dict(codes):
        yield 'summary: %s: codes %s, the log has %s' % (what, figures['codes'], dict(codes))
    flags = collections.Counter(','.join(line.flags) for line in lines
                                if line.flags and line.tells_flags)
    if figures['notes'] != dict(flags):
        yield 'summary: %s: flags %s, the log has %s' % (what, figures['notes'], dict(flags))
    for key, p in (('p50Ns', 0.5), ('p99Ns', 0.99)):
        expected = nearest_rank([line.duration for line in lines], p) * 1_000_000 if lines else None
        if figures[key] != expected:
            yield 'summary: %s: %s %s, the log has %s' % (what, key, figures[key], expected)


def check_manifest(recording):
    """Every file is listed with its size, and no other is there."""
    listed = {entry['path']: entry['size'] for entry in recording.manifest['files']}
    found = recording.files()
    for path in sorted(set(listed) | set(found)):
        if listed.get(path) != found.get(path):
            yield 'manifest: %s has %s bytes, the manifest says %s' % (path, found.get(path),
                                                                       listed.get(path))


# --- All of it -------------------------------------------------------------------------------------

def name_of(task):
    return '%s/%s' % (task.service, task.id[:8])


def contradictions(recording, all_traced, calls_are_parallel):
    yield from check_manifest(recording)
    yield from check_totals(recording)
    yield from check_hop_counts(recording)
    yield from check_hop_times(recording, calls_are_parallel)
    if not recording.has_telemetry:
        return
    yield from check_streams(recording)
    yield from check_lines_against_counters(recording)
    yield from check_clusters(recording)
    yield from check_connect_metrics(recording)
    yield from check_callers_and_callees(recording)
    yield from check_app_records(recording)
    yield from check_loads(recording)
    yield from check_causality_of_lines(recording)
    yield from check_lines_have_segments(recording, all_traced)
    yield from check_traces(recording)
    yield from check_summary(recording)


def main():
    parser = argparse.ArgumentParser(description='Does a recording add up?')
    parser.add_argument('--all-traced', action='store_true',
                        help='every request was sampled: every line has its segment')
    parser.add_argument('--parallel-calls', action='store_true',
                        help='an application makes calls at the same time: hops do not add up')
    parser.add_argument('recordings', nargs='+')
    options = parser.parse_args()
    is_good = True
    for folder in options.recordings:
        for text in contradictions(Recording(folder), options.all_traced, options.parallel_calls):
            is_good = False
            print('%s: %s' % (folder, text))
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
