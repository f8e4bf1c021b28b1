"""The past of a metric, worked out again from its one line in the recording.

    check_metric_history.py --hoplab PROGRAM

What report/recording/README.md says of `cloudwatch/history.jsonl` must be enough for another
reader: this one, in another language and with the C library's cosine and logarithm, has to come to
the datapoints that `hoplab metrics` prints.
"""

import argparse
import ctypes
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile

SCENARIO = '''hoplab: 1
name: past
seed: 41
duration: 1m
startTime: 2026-01-05T12:00:00Z
services: {a: {}}
telemetry:
  cloudwatch:
    history:
      - Namespace: AWS/ECS
        MetricName: CPUUtilization
        Dimensions: [{Name: ServiceName, Value: a}, {Name: ClusterName, Value: hoplab}]
        level: 25.5
        length: 9d
        amplitude: 40%
        peakHour: 13.5
        noise: 7%
        missing: 5%
        weekdayFactors: [1, 1.1, 1.2, 1.3, 1.4, 0.6, 0.5]
        hourFactors: [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5]
'''
METRIC = 'AWS/ECS,CPUUtilization,ClusterName=hoplab,ServiceName=a'
MASK = 2 ** 64 - 1
# The first Monday after 1970 began, in minutes; a day has 1440 of them.
MONDAY = 4 * 1440


def hash_of(text):
    library = ctypes.CDLL('libxxhash.so.0')
    library.XXH3_64bits.restype = ctypes.c_uint64
    return library.XXH3_64bits(text.encode(), ctypes.c_size_t(len(text)))


def mixed(bits):
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9 & MASK
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb & MASK
    return bits ^ bits >> 31


class Generator:
    """xoshiro256++, seeded by SplitMix64: as sim/random.hpp names them."""

    def __init__(self, seed, name_hash):
        state = mixed(seed + 0x9e3779b97f4a7c15 & MASK) ^ name_hash
        self.words = []
        for _ in range(4):
            state = state + 0x9e3779b97f4a7c15 & MASK
            self.words.append(mixed(state))

    def bits(self):
        def turned(word, by):
            return (word << by | word >> 64 - by) & MASK
        w = self.words
        result = turned(w[0] + w[3] & MASK, 23) + w[0] & MASK
        shifted = w[1] << 17 & MASK
        w[2] ^= w[0]
        w[3] ^= w[1]
        w[1] ^= w[2]
        w[0] ^= w[3]
        w[2] ^= shifted
        w[3] = turned(w[3], 45)
        return result

    def uniform(self):
        return (self.bits() >> 11) * 2.0 ** -53

    def standard_normal(self):
        while True:
            u = 2 * self.uniform() - 1
            v = 2 * self.uniform() - 1
            s = u * u + v * v
            if 0 < s < 1:
                return u * math.sqrt(-2 * math.log(s) / s)


def minutes_since_1970(text):
    at = datetime.datetime.strptime(text[:19], '%Y-%m-%dT%H:%M:%S')
    return int((at - datetime.datetime(1970, 1, 1)).total_seconds()) // 60


def datapoints(line):
    """Minute since 1970 -> value."""
    name = ' '.join(['history', line['Namespace'], line['MetricName']] +
                    ['%(Name)s=%(Value)s' % it for it in line['Dimensions']] + [line['Stat']])
    stream = Generator(line['seed'], hash_of(name)).bits()
    minute_hash = hash_of('minute')
    points = {}
    for minute in range(minutes_since_1970(line['StartTime']),
                        minutes_since_1970(line['EndTime'])):
        chance = Generator(stream + minute & MASK, minute_hash)
        if chance.uniform() < line['missing']:
            continue
        hour = minute % 1440 / 60
        peak = line['peakNs'] / 3.6e12
        value = line['level'] * (1 + line['amplitude'] *
                                 math.cos(2 * math.pi * (hour - peak) / 24))
        value *= line['weekdayFactors'][(minute - MONDAY) // 1440 % 7]
        value *= line.get('hourFactors', [1] * 24)[int(hour)]
        value *= 1 + line['noise'] * chance.standard_normal()
        most = 100 if line.get('Unit') == 'Percent' else math.inf
        points[minute] = min(max(0.0, value), most)
    return points


def averages(points, minutes):
    sums = {}
    for minute, value in points.items():
        sums.setdefault(minute - minute % minutes, []).append(value)
    return {begin: sum(values) / len(values) for begin, values in sums.items()}


def told(hoplab, recording, line, minutes):
    run = subprocess.run([hoplab, 'metrics', recording, 'get', '--metric', METRIC, '--period',
                          str(60 * minutes), '--from', line['StartTime'], '--to', line['EndTime'],
                          '--json'], check=True, stdout=subprocess.PIPE)
    result, = json.loads(run.stdout)['MetricDataResults']
    return {minutes_since_1970(at): value
            for at, value in zip(result['Timestamps'], result['Values'])}


def differences(mine, theirs, what):
    if len(mine) < 1000 or mine.keys() != theirs.keys():
        yield '%s: %d datapoints, not %d' % (what, len(theirs), len(mine))
        return
    for minute, value in mine.items():
        if not math.isclose(value, theirs[minute], rel_tol=1e-9):
            yield '%s: minute %d is %r, not %r' % (what, minute, theirs[minute], value)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hoplab', required=True)
    options = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = os.path.join(folder, 'past.yaml')
        with open(scenario, 'w', encoding='utf-8') as file:
            file.write(SCENARIO)
        recording = os.path.join(folder, 'recording')
        subprocess.run([options.hoplab, 'run', scenario, '-o', recording], check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(recording, 'cloudwatch', 'history.jsonl'), encoding='utf-8') as file:
            line, = [json.loads(text) for text in file]
        points = datapoints(line)
        for minutes in (1, 5):
            problems += differences(averages(points, minutes),
                                    told(options.hoplab, recording, line, minutes),
                                    'period of %d min' % minutes)
    print('\n'.join(problems[:20]) or 'both readers see the same past')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
