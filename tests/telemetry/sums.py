"""One amount, told by five sources: access logs, Envoys' counters, CloudWatch, X-Ray, OTLP.

Each check yields what contradicts, of a recording whose every request was traced. What is lost in
reality is lost here, and is accounted for by when it happened:

- A killed Envoy takes the lines that it had not flushed, and what it counted since its last flush.
  Segments are sent at once: those that ended behind the last flush are the lost ones, no others.
- A CloudWatch agent collects every 10 s by its host's clock, publishes at full minutes, and ends
  with its container: what its Envoy sent in the 10 s before that, or later, is in no metric. One
  that was killed takes the minute with it.
- An OTLP exporter that was killed takes what it had not exported.

Source: amazon-cloudwatch-agent (statsd.go, aggregator.go); Envoy, "File access log".
"""

import collections
import glob
import itertools
import json
import math
import os

from recording import CLEAN_EXITS, FLUSH_MS, milliseconds

DIRECTIONS = ('ingress', 'egress')
LOG_CUT_MS = 1  # Access logs have whole milliseconds.
LOG_FLUSH_MS = 10_000
COLLECTION_MS = 10_000
MINUTE_MS = 60_000
CLOCKS_MS = 2  # Between the clocks of two hosts, and what is cut off.
NEVER = float('inf')


def read_lines(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    with open(path, encoding='utf-8') as file:
        for line in file:
            yield json.loads(line)


# --- What each Envoy had to do with, and what of it is lost ---------------------------------------

class Work:
    """One request at one Envoy, as its segment tells of it."""

    def __init__(self, segment):
        annotations = segment['annotations']
        self.node = segment['aws']['app_mesh']['virtual_node_name']
        self.id = segment['id']
        self.end = segment['end_time'] * 1000  # ms since 1970, by its host's clock.
        status = segment['http'].get('response', {}).get('status', 0)
        self.key = (annotations['direction'], annotations['guid:x-request-id'], status)
        self.kind = (annotations['direction'], status // 100)


class Lives:
    """When containers began and ended, by what ECS wrote of them. A host that loses its power says
    nothing of its own: there the instant is that of the fault."""

    def __init__(self, recording):
        self.start, self.end, self.exit_code, self.agents = {}, {}, {}, {}
        for document in read_lines(recording.folder, 'ecs/tasks.jsonl'):
            task = document['taskArn'].rsplit('/', 1)[1]
            at = milliseconds(document['at'])
            for container in document['containers']:
                key = (task, container['name'])
                if 'cloudwatch-agent' in container.get('image', ''):
                    self.agents[task] = container['name']
                if container['lastStatus'] == 'RUNNING':
                    self.start.setdefault(key, at)
                elif 'exitCode' in container and key not in self.end:
                    self.end[key] = at
                    self.exit_code[key] = container['exitCode']
        self._faults = [milliseconds(event['at'])
                        for event in read_lines(recording.folder, 'truth/faults.jsonl')]

    def is_without_power(self, task):
        return task.envoy_was_killed and task.envoy not in task.exits

    def death(self, task):
        """Of an Envoy that was killed."""
        if not self.is_without_power(task):
            return self.end[(task.id, task.envoy)]
        return min((at for at in self._faults if at >= task.last_statsd - CLOCKS_MS),
                   default=task.last_statsd)


class Node:
    """The tasks of one virtual node: segments do not say which of them had the request."""

    def __init__(self, name):
        self.name = name
        self.tasks = []
        self.works = []
        self.unlogged = []  # Works without a line.

    @property
    def killed(self):
        return [task for task in self.tasks if task.envoy_was_killed]


def nodes_of(recording):
    nodes = {}
    for task in recording.tasks.values():
        nodes.setdefault(task.node, Node(task.node)).tasks.append(task)
    for segment in recording.segments:
        if segment.get('origin') == 'AWS::AppMesh::Proxy':
            work = Work(segment)
            nodes.setdefault(work.node, Node(work.node)).works.append(work)
    return nodes


def check_lines_are_segments(nodes, lives):
    """Every line has its segment; a segment has no line only where a kill has taken that."""
    for node in nodes.values():
        waiting = collections.defaultdict(list)
        for task in node.tasks:
            for line in task.lines:
                waiting[(line.direction, line.id, line.code)].append(line)
        for work in node.works:
            lines = waiting.get(work.key)
            if lines:
                lines.pop()
            else:
                node.unlogged.append(work)
        left = sum(len(lines) for lines in waiting.values())
        if left:
            yield '%s: %d lines without a segment' % (node.name, left)
        windows = [(max(task.last_flush or 0, lives.death(task) - LOG_FLUSH_MS) - CLOCKS_MS,
                    lives.death(task) + CLOCKS_MS) for task in node.killed]
        strange = [work for work in node.unlogged
                   if not any(begin <= work.end <= end for begin, end in windows)]
        if strange:
            yield '%s: %d segments without a line, the first ended at %.0f; killed Envoys lost ' \
                  'what ended within %s' % (node.name, len(strange), strange[0].end, windows)


# --- Access logs and counters ---------------------------------------------------------------------

def counted(task, kind):
    direction, digit = kind
    return task.counter('http.downstream_rq_xx', (direction, str(digit))) if digit else \
        task.counter('http.downstream_rq_rx_reset', direction)


KINDS = [(direction, digit) for direction in DIRECTIONS for digit in range(6)]


def check_lines_are_counters(nodes, lives):
    """Of a killed Envoy: the counters know what ended before their last flush, and nothing else."""
    for node in nodes.values():
        for task in node.tasks:
            if task.envoy_was_killed or task.last_statsd is None:
                continue
            logged = collections.Counter((line.direction, line.code // 100) for line in task.lines)
            for kind in KINDS:
                if logged[kind] != counted(task, kind):
                    yield '%s/%s: %d lines of %s, %d counted' % (
                        node.name, task.id[:8], logged[kind], kind, counted(task, kind))
        killed = [task for task in node.killed if task.last_statsd is not None]
        for task in killed:
            if lives.death(task) - task.last_statsd > FLUSH_MS + CLOCKS_MS:
                yield '%s/%s: the last counters came %d ms before its Envoy was killed' % (
                    node.name, task.id[:8], lives.death(task) - task.last_statsd)
        if killed:
            yield from check_counters_of_killed(node, killed)


def check_counters_of_killed(node, killed):
    first = min(task.last_statsd for task in killed)
    last = max(task.last_statsd for task in killed)
    for kind in KINDS:
        surely = possibly = 0
        for task in killed:
            for line in task.lines:
                if (line.direction, line.code // 100) == kind:
                    surely += line.end < task.last_statsd - 2 * LOG_CUT_MS
                    possibly += line.end <= task.last_statsd + LOG_CUT_MS
        for work in node.unlogged:
            if work.kind == kind:
                surely += work.end < first - LOG_CUT_MS
                possibly += work.end <= last + LOG_CUT_MS
        told = sum(counted(task, kind) for task in killed)
        if not surely <= told <= possibly:
            yield '%s: %d of %s counted by killed Envoys, %d to %d ended before they told' % (
                node.name, told, kind, surely, possibly)


# --- Counters and CloudWatch ----------------------------------------------------------------------

class Agent:
    """When the CloudWatch agent of a task collects and publishes, in ms of its host's clock."""

    def __init__(self, recording, lives, task):
        key = (task.id, lives.agents.get(task.id))
        self.start = lives.start.get(key, NEVER)
        self.end = lives.end.get(key, NEVER)
        self.was_killed = lives.exit_code.get(key) not in CLEAN_EXITS
        # What came since its last collection is told with the run's end.
        self.run_end = NEVER
        if self.end != NEVER:
            return
        if lives.is_without_power(task):
            self.was_killed = True
            self.end = lives.death(task)
            return
        run_end = milliseconds(recording.summary['simulated']['to'])
        has_lived = abs(task.last_statsd - run_end) <= CLOCKS_MS
        self.run_end = task.last_statsd if has_lived else run_end

    def entry(self, sent):
        """(the minute that a datagram's amount is published for, the instant of its collection,
        whether it was to be published at the instant of the agent's death); None: in no metric."""
        if sent < self.start or sent > self.end:
            return None
        tick = (sent // COLLECTION_MS + 1) * COLLECTION_MS
        if tick > self.end:
            return None
        minute = tick // MINUTE_MS * MINUTE_MS
        if tick > self.run_end:
            return (tick - COLLECTION_MS) // MINUTE_MS * MINUTE_MS, tick, False
        if not self.was_killed:
            return minute, tick, False
        to_publication = minute + MINUTE_MS - self.end
        if to_publication > CLOCKS_MS:
            return None
        return minute, tick, to_publication >= -CLOCKS_MS


def datagrams_of(recording, identity):
    """(ms, metric, dimensions, type, value)."""
    path = os.path.join(recording.folder, 'statsd', identity + '.log')
    types = {'c': 'counter', 'g': 'gauge', 'ms': 'timing'}
    known = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            sent, _, datagram = line.rstrip('\n').partition(' ')
            head, kind, tags = datagram.split('|')
            name, _, value = head.rpartition(':')
            key = (name, kind, tags)
            if key not in known:
                pairs = [tuple(tag.split(':', 1)) for tag in tags.lstrip('#').split(',')]
                known[key] = (name.replace('.', '_'),
                              tuple(sorted(pairs + [('metric_type', types[kind])])), types[kind])
            yield (int(sent), *known[key], int(value))


class Amount:
    """A statistic set, as far as it can be added up."""

    def __init__(self):
        self.samples = 0
        self.sum = 0.0

    def add(self, samples, total):
        self.samples += samples
        self.sum += total

    def plus(self, others):
        whole = Amount()
        for one in (self, *others):
            whole.add(one.samples, one.sum)
        return whole

    def __eq__(self, other):  # A gauge may be a number of 64 bits, a hash; its sum is a double.
        return self.samples == other.samples and math.isclose(self.sum, other.sum, rel_tol=1e-12)

    def __str__(self):
        return '%g samples of %g in all' % (self.samples, self.sum)


class Expected:
    def __init__(self):
        self.surely = Amount()
        self.in_doubt = {}  # By task: its agent died at the very instant at which it publishes.

    def fits(self, found):
        doubts = list(self.in_doubt.values())
        return any(self.surely.plus(chosen) == found for count in range(len(doubts) + 1)
                   for chosen in itertools.combinations(doubts, count))


class Collections:
    """What an agent collects: counters add up and gauges keep their last value in its 10 s."""

    def __init__(self):
        self._found = {}

    def add(self, series, kind, entry, value):
        key = (*series, *entry)
        self._found[key] = value + (self._found.get(key, 0) if kind == 'counter' else 0)

    def items(self):
        for (metric, dimensions, minute, _, is_doubtful), value in self._found.items():
            yield (metric, dimensions, minute), is_doubtful, value


def expected_metrics(recording, lives):
    """({(metric, dimensions, minute): Expected}, {task id: the sum of counters that are lost})."""
    expected = collections.defaultdict(Expected)
    lost = collections.Counter()

    def expect(key, identity, is_doubtful, value):
        amount = expected[key].surely
        if is_doubtful:
            amount = expected[key].in_doubt.setdefault(identity, Amount())
        amount.add(1, value)

    for path in sorted(glob.glob(os.path.join(recording.folder, 'statsd', '*.log'))):
        identity = os.path.basename(path)[:-len('.log')]
        if recording.tasks[identity].last_statsd is None:
            continue
        agent = Agent(recording, lives, recording.tasks[identity])
        collected = Collections()
        for sent, metric, dimensions, kind, value in datagrams_of(recording, identity):
            entry = agent.entry(sent)
            if entry is None:
                lost[identity] += value if kind == 'counter' else 0
            elif kind == 'timing':
                expect((metric, dimensions, entry[0]), identity, entry[2], value)
            else:
                collected.add((metric, dimensions), kind, entry, value)
        for key, is_doubtful, value in collected.items():
            expect(key, identity, is_doubtful, value)
    return expected, lost


def published_metrics(recording):
    """{(metric, dimensions, minute): Amount} of what CloudWatch has from agents."""
    found = collections.defaultdict(Amount)
    for datum in read_lines(recording.folder, 'cloudwatch/metrics.jsonl'):
        dimensions = tuple((it['Name'], it['Value']) for it in datum['Dimensions'])
        if 'metric_type' not in dict(dimensions):
            continue  # No agent's.
        statistics = datum['StatisticValues']
        key = (datum['MetricName'], dimensions, milliseconds(datum['Timestamp']))
        found[key].add(statistics['SampleCount'], statistics['Sum'])
        if sum(datum['Counts']) != statistics['SampleCount']:
            found[key].add(math.nan, math.nan)
    return found


def check_counters_are_metrics(recording, expected):
    """What CloudWatch has of each minute is what came to the agents by its collections."""
    found = published_metrics(recording)
    for key in sorted(set(expected) | set(found), key=str):
        if not expected[key].fits(found[key]):
            yield '%s %s at %d: agents got %s, CloudWatch has %s' % (
                key[0], dict(key[1]), key[2], expected[key].surely, found[key])


# --- Traces ---------------------------------------------------------------------------------------

def spans_of_envoys(recording):
    """{span id: (task id, its end in ms)}."""
    found = {}
    for export in read_lines(recording.folder, 'otlp/traces.jsonl'):
        for resource in export['resourceSpans']:
            identity = next(it['value']['stringValue'] for it in resource['resource']['attributes']
                            if it['key'] == 'service.instance.id')
            for scope in resource['scopeSpans']:
                if scope['scope']['name'] == 'envoy':
                    for span in scope['spans']:
                        found[span['spanId']] = (identity, int(span['endTimeUnixNano']) / 1e6)
    return found


def check_segments_are_spans(recording, nodes):
    """The same work in both; what X-Ray alone has ended behind the last export of a killed task."""
    spans = spans_of_envoys(recording)
    exported = {}
    for identity, end in spans.values():
        exported[identity] = max(exported.get(identity, 0), end)
    strange = set(spans) - {work.id for node in nodes.values() for work in node.works}
    if strange:
        yield '%d spans that X-Ray does not know' % len(strange)
    for node in nodes.values():
        told = min((exported.get(task.id, 0) for task in node.killed),
                   default=NEVER)
        missing = [work for work in node.works
                   if work.id not in spans and work.end < told - LOG_CUT_MS]
        if missing:
            yield '%s: %d segments without a span, which nobody has lost' % (
                node.name, len(missing))


def check_applications(recording):
    """What an application tells of a request, it tells in a line and in a segment: stdout has no
    buffer that a kill could take."""
    lines = collections.Counter((line.id, line.status) for task in recording.tasks.values()
                                for line in task.app_lines)
    segments = collections.Counter(
        (part['annotations'].get('transaction_id'), part['http'].get('response', {}).get('status'))
        for part in recording.segments if part.get('origin') != 'AWS::AppMesh::Proxy')
    for name, more in (('lines', lines - segments), ('segments', segments - lines)):
        if more:
            yield 'applications: %d %s without the other, such as %s' % (
                sum(more.values()), name, min(more, key=str))


# --- All of it ------------------------------------------------------------------------------------

class Audit:
    def __init__(self, recording):
        self.recording = recording
        self.lives = Lives(recording)
        self.nodes = nodes_of(recording)
        self.expected, self.lost = expected_metrics(recording, self.lives)

    def contradictions(self):
        if not self.recording.is_service_connect:  # Its proxies send neither counters nor segments.
            yield from check_lines_are_segments(self.nodes, self.lives)
        yield from check_lines_are_counters(self.nodes, self.lives)
        yield from check_counters_are_metrics(self.recording, self.expected)
        yield from check_segments_are_spans(self.recording, self.nodes)
        yield from check_applications(self.recording)

    def figures(self):
        lines = sum(len(task.lines) for task in self.recording.tasks.values())
        told = lines if self.recording.is_service_connect else sum(
            len(node.works) for node in self.nodes.values())
        losers = sum(1 for amount in self.lost.values() if amount)
        return '%6d lines, %3d lost; %4d metrics, %2d tasks whose counters are not all there' % (
            lines, told - lines, len({key[:2] for key in self.expected}), losers)


def contradictions(recording):
    yield from Audit(recording).contradictions()
