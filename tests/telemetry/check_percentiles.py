#!/usr/bin/env python3
"""How far off are percentiles that are computed from a recording?

usage: check_percentiles.py --hoplab PROGRAM SCENARIO...

Each scenario runs with every request traced. Exact is what single values say: the timings that
Envoys send as datagrams, the durations of segments. Held against them, for p50, p90, p95 and p99:

- the CloudWatch agent's Values and Counts: bins of 10 %, by their middles: sqrt(1.1) - 1 = 4.9 %;
- Envoy's /stats: bins of two significant digits, interpolated: 10 % between 10 and 11, 100 and 110;
- Prometheus' and OTLP's histograms: the bucket that holds the exact one, no more is in them;
- access logs: whole milliseconds, cut off; segments begin behind the Envoy's own work on a request.

Prints the largest error of each. Exit code: 1 when one is beyond its bound, or was never tested.
"""

import argparse
import collections
import glob
import json
import math
import os
import re
import shutil
import sys
import tempfile

import check_scenarios as traces  # First: it says where the recording's reader is.
import check_sums
import sums
from recording import Recording

QUANTILES = (0.5, 0.9, 0.95, 0.99)
AGENT_BINS = math.sqrt(1.1) - 1 + 1e-9
ENVOY_BINS = 0.1 + 1e-9
OWN_WORK_MS = 1
SAMPLES_MIN = 100


def nearest_rank(counted, quantile):
    """Of {value: count}."""
    total = sum(counted.values())
    rank = max(1, math.ceil(quantile * total - 1e-9))
    for value in sorted(counted):
        rank -= counted[value]
        if rank <= 0:
            return value
    raise ValueError('no values')


class Errors:
    """The largest relative error of each source, and how many percentiles were compared."""

    def __init__(self):
        self.largest = collections.defaultdict(float)
        self.compared = collections.Counter()
        self.beyond = []

    def compare(self, source, found, exact, bound):
        error = abs(found - exact) / exact if exact else float(found != exact)
        self.largest[source] = max(self.largest[source], error)
        self.compared[source] += 1
        if error > bound:
            self.beyond.append('%s: %g, exactly %g: %.2f %% off' % (source, found, exact,
                                                                    100 * error))

    def lies_in(self, source, bucket, exact):
        """`bucket`: (above, up to). Envoy counts a value at an edge above it: a bin begins there."""
        self.compared[source] += 1
        is_inside = bucket[0] <= exact < bucket[1] if 'Prometheus' in source else \
            bucket[0] < exact <= bucket[1]
        if not is_inside:
            self.beyond.append('%s: %g is not in %s' % (source, exact, bucket))


def timings_of(recording, identity):
    """{(metric, dimensions): {value: count}} of one Envoy."""
    found = collections.defaultdict(collections.Counter)
    for _, metric, dimensions, kind, value in sums.datagrams_of(recording, identity):
        if kind == 'timing':
            found[(metric, dimensions)][value] += 1
    return found


# --- Sources -----------------------------------------------------------------------------------

def agents(recording, errors):
    """Of whole runs in which every agent lived to the end."""
    exact = collections.defaultdict(collections.Counter)
    for identity in recording.tasks:
        for key, values in timings_of(recording, identity).items():
            exact[key].update(values)
    told = collections.defaultdict(collections.Counter)
    for datum in sums.read_lines(recording.folder, 'cloudwatch/metrics.jsonl'):
        dimensions = tuple((it['Name'], it['Value']) for it in datum['Dimensions'])
        if ('metric_type', 'timing') in dimensions:
            told[(datum['MetricName'], dimensions)].update(
                dict(zip(datum['Values'], datum['Counts'])))
    for key, values in exact.items():
        if sum(values.values()) < SAMPLES_MIN:
            continue
        for quantile in QUANTILES:
            errors.compare("the CloudWatch agent's Values", nearest_rank(told[key], quantile),
                           nearest_rank(values, quantile), AGENT_BINS)


def name_in_page(metric, dimensions):
    """As /stats has it; None for what it names otherwise."""
    cluster = dict(dimensions).get('envoy.cluster_name')
    if metric != 'envoy_cluster_upstream_rq_time' or cluster is None:
        return None
    return cluster


def pages(recording, errors):
    for identity in recording.tasks:
        folder = os.path.join(recording.folder, 'envoy', identity)
        if not os.path.exists(folder):
            continue
        with open(os.path.join(folder, 'stats.txt')) as file:
            text = file.read()
        with open(os.path.join(folder, 'stats.prom')) as file:
            prometheus = file.read()
        for (metric, dimensions), values in timings_of(recording, identity).items():
            cluster = name_in_page(metric, dimensions)
            if cluster is None or sum(values.values()) < SAMPLES_MIN:
                continue
            line = re.search(r'(?m)^cluster\.%s\.upstream_rq_time: (.*)$' % re.escape(cluster),
                             text)
            for quantile in QUANTILES:
                exact = nearest_rank(values, quantile)
                told = re.search(r'P%g\([^,]*,([^)]*)\)' % (100 * quantile), line[1])
                errors.compare("Envoy's /stats", float(told[1]), exact, ENVOY_BINS)
                errors.lies_in('Prometheus buckets', bucket_of(prometheus, cluster, quantile),
                               exact)


def bucket_of(page, cluster, quantile):
    """The bucket in which the quantile lies.
    Source: Envoy, histogram_impl.cc; libcirclhist, hist_approx_count_below."""
    pattern = r'(?m)^envoy_cluster_upstream_rq_time_bucket\{[^}]*envoy_cluster_name="%s",' \
              r'le="([^"]*)"\} (\d+)$' % re.escape(cluster)
    buckets = [(float(edge.replace('+Inf', 'inf')), int(count))
               for edge, count in re.findall(pattern, page)]
    rank = max(1, math.ceil(quantile * buckets[-1][1] - 1e-9))
    below = -1.0
    for edge, count in buckets:
        if count >= rank:
            return below, edge
        below = edge
    raise ValueError('no bucket')


def access_logs(recording, errors):
    """Of the log of each node in each direction, by the segments of the same requests."""
    exact, told = collections.defaultdict(list), collections.defaultdict(list)
    for segment in recording.segments:
        if segment.get('origin') == 'AWS::AppMesh::Proxy':
            key = (segment['aws']['app_mesh']['virtual_node_name'],
                   segment['annotations']['direction'])
            exact[key].append((segment['end_time'] - segment['start_time']) * 1000)
    for task in recording.tasks.values():
        for line in task.lines:
            told[(task.node, line.direction)].append(line.duration)
    for key, durations in exact.items():
        for quantile in QUANTILES:
            found = nearest_rank(collections.Counter(told[key]), quantile)
            longest = nearest_rank(collections.Counter(durations), quantile)
            errors.lies_in('access logs, whole ms', (found - OWN_WORK_MS, found + 1.003), longest)


def otlp_histograms(recording, errors):
    """The histograms of requests served, by the spans of the same process."""
    exact, last = collections.defaultdict(collections.Counter), {}
    for resource, span in spans_of_servers(recording):
        exact[resource][(int(span['endTimeUnixNano']) - int(span['startTimeUnixNano'])) / 1e9] += 1
    for export in sums.read_lines(recording.folder, 'otlp/metrics.jsonl'):
        for resource in export['resourceMetrics']:
            for scope in resource['scopeMetrics']:
                for metric in scope['metrics']:
                    if metric['name'] == 'http.server.request.duration':
                        last[instance_of(resource)] = metric['histogram']['dataPoints']
    for identity, points in last.items():
        counts, bounds = [0] * len(points[0]['bucketCounts']), points[0]['explicitBounds']
        for point in points:
            counts = [have + int(more) for have, more in zip(counts, point['bucketCounts'])]
        if sum(counts) != sum(exact[identity].values()) or sum(counts) < SAMPLES_MIN:
            continue
        edges = [-1.0, *bounds, math.inf]
        for quantile in QUANTILES:
            place = nearest_rank(dict(enumerate(counts)), quantile)
            errors.lies_in('OTLP buckets', (edges[place], edges[place + 1]),
                           nearest_rank(exact[identity], quantile))


def instance_of(resource):
    return next(it['value']['stringValue'] for it in resource['resource']['attributes']
                if it['key'] == 'service.instance.id')


def spans_of_servers(recording):
    for export in sums.read_lines(recording.folder, 'otlp/traces.jsonl'):
        for resource in export['resourceSpans']:
            for scope in resource['scopeSpans']:
                for span in scope['spans']:
                    if scope['scope']['name'] != 'envoy' and span['kind'] == 2:
                        yield instance_of(resource), span


# --- All of it ---------------------------------------------------------------------------------

SOURCES = (agents, pages, access_logs, otlp_histograms)
COMPARED = 5  # By the names that they give.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('scenarios', nargs='+')
    words = parser.parse_args()
    errors = Errors()
    for scenario in words.scenarios:
        folder = tempfile.mkdtemp(prefix='hoplab-percentiles-')
        try:
            recording = Recording(traces.run(words.hoplab, scenario, check_sums.text_of(scenario),
                                             folder))
            for source in SOURCES:
                source(recording, errors)
        finally:
            shutil.rmtree(folder)
    for source, count in sorted(errors.compared.items()):
        print('%-32s %5d percentiles%s' % (source, count, ', up to %.2f %% off' % (
            100 * errors.largest[source]) if source in errors.largest else ' in their bucket'))
    print('\n'.join(errors.beyond[:20]))
    return 1 if errors.beyond or len(errors.compared) != COMPARED else 0


if __name__ == '__main__':
    sys.exit(main())
