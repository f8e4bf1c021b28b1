"""What must be true of vpc/flow-logs.log: of each line alone, of the lines together, and of the lines
beside the tasks' documents and the access logs. Reads nothing of the answer key but whether there was
a fault at all.

Source: Amazon VPC User Guide, "Flow log records", "Flow log files".
"""

import collections
import datetime
import glob
import json
import os
import re

NAMES = ('version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes '
         'start end action log-status')
RECORD = re.compile(
    r'2 (?P<account>\d{12}) (?P<eni>eni-[0-9a-f]{17}) (?P<src>[\d.]+) (?P<dst>[\d.]+) '
    r'(?P<sport>\d{1,5}) (?P<dport>\d{1,5}) (?P<protocol>\d{1,3}) (?P<packets>\d+) (?P<bytes>\d+) '
    r'(?P<start>\d{10}) (?P<end>\d{10}) (?P<action>ACCEPT|REJECT) OK')
NO_DATA = re.compile(r'2 \d{12} (?P<eni>eni-[0-9a-f]{17}) - - - - - - - (?P<start>\d{10}) '
                     r'(?P<end>\d{10}) - NODATA')
HEADER = 52  # IP and TCP with time stamps; a SYN has 8 bytes of options more.
HEAD = 400   # What the head of a message weighs here.
LINE = re.compile(
    r'\[(?P<start>[^\]]+)\] "[^"]*" (?P<code>\d+) (?P<flags>\S+) (?P<received>\d+) (?P<sent>\d+) '
    r'(?P<duration>\d+) \S+ "[^"]*" "[^"]*" "[^"]*" "[^"]*" "(?P<host>[^"]*)"')

Record = collections.namedtuple('Record', 'eni src dst sport dport packets bytes start end action')


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def lines_of(path):
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            for line in file:
                yield line.rstrip('\n')


def interfaces(recording):
    """Address by network interface id, from the tasks' documents."""
    found = {}
    for line in lines_of(os.path.join(recording, 'ecs', 'tasks.jsonl')):
        for attachment in json.loads(line)['attachments']:
            details = {pair['name']: pair['value'] for pair in attachment['details']}
            if 'networkInterfaceId' in details:  # Service Connect's attachment is none of them.
                found[details['networkInterfaceId']] = details['privateIPv4Address']
    return found


def read_records(recording, problems):
    """The records; what is wrong with the text of a line goes to `problems`."""
    lines = list(lines_of(os.path.join(recording, 'vpc', 'flow-logs.log')))
    if not lines or lines[0] != NAMES:
        problems.append('the first line has not the names of the fields')
    records, idle = [], []
    for number, line in enumerate(lines[1:], 2):
        empty, match = NO_DATA.fullmatch(line), RECORD.fullmatch(line)
        if empty:
            idle.append((empty['eni'], int(empty['start']), int(empty['end'])))
            continue
        if not match:
            problems.append('line %d is no record: %s' % (number, line))
            continue
        record = Record(match['eni'], match['src'], match['dst'],
                        *(int(match[name]) for name in ('sport', 'dport', 'packets', 'bytes',
                                                        'start', 'end')), match['action'])
        records.append(record)
        if match['protocol'] != '6' or record.packets < 1 or record.start > record.end or \
                not 40 * record.packets <= record.bytes <= 1500 * record.packets or \
                max(record.sport, record.dport) > 65535:
            problems.append('line %d cannot be: %s' % (number, line))
    return records, idle


def check_together(records, idle, known, interval):
    """Each flow, direction and action once an interval; only tasks' interfaces, never loopback."""
    seen = set()
    for record in records:
        key = record[:5] + (record.action, record.start // interval)
        if key in seen:
            yield 'two records of one interval: %s' % (record,)
        seen.add(key)
        if record.start // interval != record.end // interval:
            yield 'longer than its interval: %s' % (record,)
        if record.eni not in known:
            yield 'an interface of no task: %s' % record.eni
        elif known[record.eni] not in (record.src, record.dst):
            yield 'a stranger\'s packets at %s: %s' % (record.eni, record)
        if '127.0.0.1' in (record.src, record.dst):
            yield 'loopback: %s' % (record,)
    busy = {(record.eni, record.start // interval) for record in records}
    for eni, start, end in idle:
        if (eni, start // interval) in busy or not start < end <= start + interval:
            yield 'NODATA of %s at %d, which had some' % (eni, start)


def check_sums(records, known, has_faults):
    """What arrives has been sent; without a fault, what is sent arrives."""
    if not has_faults and any(record.action == 'REJECT' for record in records):
        yield 'refused without a fault'
    owners = {address: eni for eni, address in known.items()}
    sums = collections.Counter()
    for record in records:
        for what in ('packets', 'bytes'):
            sums[record[1:5] + (what, record.eni, record.action)] += getattr(record, what)
    for tuple5 in sorted({key[:5] for key in sums}):
        source, target = owners.get(tuple5[0]), owners.get(tuple5[1])
        if source is None or target is None:
            continue
        sent = sums[tuple5 + (source, 'ACCEPT')]
        arrived = sums[tuple5 + (target, 'ACCEPT')] + sums[tuple5 + (target, 'REJECT')]
        if arrived > sent or (not has_faults and arrived != sent):
            yield '%s: %d were sent, %d arrived' % (tuple5, sent, arrived)


def egress_lines(recording):
    """(task id, match) of the access-log lines whose upstream is another task."""
    for path in glob.glob(os.path.join(recording, 'logs', '*%2Fenvoy', '*.jsonl')):
        task = os.path.basename(path).split('%2F')[-1][:-len('.jsonl')]
        for line in lines_of(path):
            match = LINE.match(json.loads(line)['message'])
            if match and re.match(r'\d', match['host']) and not match['host'].startswith('127.'):
                yield task, match


def check_access_log(recording, records, known, is_exact):
    """Each answered call crossed the caller's interface, there and back, while it lasted. `is_exact`:
    where nothing but calls is sent, their sizes are the payload of the packets, to the byte."""
    addresses = {}
    for line in lines_of(os.path.join(recording, 'ecs', 'tasks.jsonl')):
        task = json.loads(line)
        addresses[task['taskArn'].split('/')[-1]] = \
            task['containers'][0]['networkInterfaces'][0]['privateIpv4Address']
    spans = collections.defaultdict(list)
    payload, connections = collections.Counter(), collections.defaultdict(set)
    for record in records:
        if known.get(record.eni) == record.src and record.action == 'ACCEPT':
            spans[record.src, record.dst, record.dport].append((record.start, record.end))
            connections[record.src, record.dst, record.dport].add(record.sport)
            payload[record.src, record.dst, record.dport] += record.bytes - HEADER * record.packets
    calls, bodies = collections.Counter(), collections.Counter()
    for task, line in egress_lines(recording):
        address, port = line['host'].split(':')
        way = addresses[task], address, int(port)
        calls[way] += 1
        bodies[way] += int(line['received'])
        begin = seconds(line['start'])
        end = begin + int(line['duration']) / 1000
        if line['flags'] == '-' and not any(
                first - 1 <= end and begin <= last + 2 for first, last in spans[way]):
            yield 'a call of %s at %s that no packet carried' % (line['host'], line['start'])
    if is_exact and not calls:
        yield 'no calls at all'
    for way in calls if is_exact else ():
        wanted = calls[way] * HEAD + bodies[way] + 8 * len(connections[way])
        if payload[way] != wanted:
            yield '%s: %d bytes of payload, and calls of %d' % (way, payload[way], wanted)


def problems_of(recording, is_exact=False, interval=60):
    problems = []
    known = interfaces(recording)
    records, idle = read_records(recording, problems)
    has_faults = any(lines_of(os.path.join(recording, 'truth', 'faults.jsonl')))
    if not records:
        problems.append('no record at all')
    problems += check_together(records, idle, known, interval)
    problems += check_sums(records, known, has_faults)
    problems += check_access_log(recording, records, known, is_exact)
    return problems
