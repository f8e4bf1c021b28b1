"""What pairs of calls tell of the difference between two hosts' clocks."""

import collections
import math


class Offsets:
    """How far a callee's clock may be ahead of a caller's, if every call lies within its caller's.

    Nobody knows the offset of two hosts' clocks. But there must be one, the same for all pairs of
    lines, with which no callee begins before its caller's request or ends after its answer.
    """

    def __init__(self, cut):
        self.cut = cut
        self.least = collections.defaultdict(lambda: -math.inf)
        self.most = collections.defaultdict(lambda: math.inf)
        self.example = {}

    def add(self, hosts, caller, callee, has_end, what):
        most = callee[0] - caller[0] + self.cut
        if most < self.most[hosts]:
            self.most[hosts] = most
            self.example[hosts] = what
        if has_end:
            least = callee[1] - caller[1] - self.cut
            if least > self.least[hosts]:
                self.least[hosts] = least

    def contradictions(self, unit):
        for hosts in sorted(self.most, key=str):
            least, most = self.least[hosts], self.most[hosts]
            if hosts[0] == hosts[1]:
                least, most = max(least, 0), min(most, 0)
            if least > most:
                yield 'causality: no offset of the clocks puts every call of %s within its ' \
                      'caller\'s (%s): at least %g, at most %g %s' % (
                          '/'.join(str(host).rsplit('/', 1)[-1] for host in hosts),
                          self.example[hosts], least, most, unit)
