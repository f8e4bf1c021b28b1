#!/usr/bin/env python3
"""Checks that what `hoplab diagnose --json` cites is there and says what is claimed.

usage: check_citations.py RECORDING [DIAGNOSIS.json]     (default: the answer on stdin)

Reads the cited files itself and shares no code with the program. Exit code: 0 all hold, 1 some do
not (listed), 2 usage.
"""

import json
import os
import re
import sys

ACCESS_LINE = re.compile(
    r'^\[(?P<start_time>[^\]]*)\] "(?P<method>\S+)(?: +(?P<path>[^"]*?)(?: +\S*)?)? '
    r'(?P<protocol>\S+)" (?P<code>[^ ]*) (?P<flags>[^ ]*) (?P<bytes_received>[^ ]*) '
    r'(?P<bytes_sent>[^ ]*) (?P<duration>[^ ]*) (?P<upstream_service_time>[^ ]*) '
    r'"(?P<x_forwarded_for>[^ ]*)" "(?P<user_agent>[^"]*)" "(?P<request_id>[^"]*)" '
    r'"(?P<authority>[^ ]*)" "(?P<upstream_host>[^ ]*)"')
# Kinds of files that a diagnosis may rest on; not the answer key, not what only a simulator knows.
READABLE = ('logs/', 'xray/', 'statsd/', 'cloudwatch/', 'ecs/', 'vpc/', 'config/')


def unwrapped(line):
    """The text of a line and what it is made of: (text, fields, document)."""
    try:
        document = json.loads(line)
    except ValueError:
        return line, {}, None
    if not isinstance(document, dict) or 'message' not in document:
        return line, {}, document
    message = document['message']
    match = ACCESS_LINE.match(message)
    if match:
        return message, match.groupdict(), None
    try:
        record = json.loads(message)
    except ValueError:
        return message, {}, None
    text = message
    if isinstance(record, dict) and isinstance(record.get('log'), str):
        text += '\n' + record['log']
        try:
            record['log'] = json.loads(record['log'])
        except ValueError:
            pass
    return text, {}, record


def member(document, path):
    """"containers[app].exitCode": a list is searched for the element of that name."""
    value = document
    for part in re.findall(r'[^.\[\]]+|\[[^\]]*\]', path):
        if part.startswith('['):
            found = [it for it in value if it.get('name', it.get('Name')) == part[1:-1]]
            if not found:
                raise KeyError(part)
            value = found[0]
        else:
            value = value[part]
    return value


def said(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return str(value)


class Checker:
    def __init__(self, recording):
        self.recording = recording
        self.files = {}
        self.wrong = []
        self.checked = 0

    def lines_of(self, path):
        if path not in self.files:
            with open(os.path.join(self.recording, path), 'rb') as file:
                text = file.read().decode('utf-8', 'replace')
            self.files[path] = text.split('\n')
        return self.files[path]

    def check(self, where, citation):
        self.checked += 1
        for what in self.faults_of(citation):
            self.wrong.append('%s: %s:%s: %s (claimed: %s)' % (
                where, citation.get('file'), citation.get('line', '*'), what,
                citation.get('says')))

    def faults_of(self, citation):
        path = citation.get('file', '')
        if not path.startswith(READABLE) or '..' in path:
            return ['not a file that a diagnosis may rest on']
        if not citation.get('says') or not citation.get('claim'):
            return ['says nothing that could be checked']
        try:
            lines = self.lines_of(path)
        except OSError as error:
            return [str(error)]
        claim = citation['claim']
        if 'count' in claim:
            found = 0
            for line in lines:
                text = unwrapped(line)[0]
                if all(it in text for it in claim.get('contains', [])):
                    found += 1
            return [] if found == claim['count'] else ['%d lines, not %d' % (found, claim['count'])]
        number = citation.get('line', 0)
        if not 1 <= number <= len(lines):
            return ['there is no such line']
        return list(self.faults_of_line(lines[number - 1], claim, citation))

    def faults_of_line(self, line, claim, citation):
        text, fields, document = unwrapped(line)
        for part in claim.get('contains', []):
            if part not in text and part not in line:
                yield 'does not contain "%s"' % part
        for name, wanted in claim.get('fields', {}).items():
            try:
                value = said(fields[name] if fields else member(document, name))
            except (KeyError, TypeError, AttributeError):
                yield 'has no "%s"' % name
                continue
            if value != wanted:
                yield '%s is "%s", not "%s"' % (name, value, wanted)
        if citation.get('metric') and not claim.get('contains'):
            yield 'a datapoint of nobody'

    def check_finding(self, where, finding):
        if finding['verdict'] not in ('healthy',) and not finding['evidence']:
            self.wrong.append('%s: a verdict without evidence' % where)
        for citation in finding['evidence']:
            self.check(where, citation)
        for rejection in finding['rejected']:
            for citation in rejection['evidence']:
                self.check('%s, not %s' % (where, rejection['verdict']), citation)


def main():
    if not 2 <= len(sys.argv) <= 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[2]) if len(sys.argv) == 3 else sys.stdin as file:
        diagnosis = json.load(file)
    checker = Checker(sys.argv[1])
    checker.check_finding('main', diagnosis)
    for number, finding in enumerate(diagnosis['furtherFindings'], 1):
        checker.check_finding('further %d' % number, finding)
    for what in checker.wrong:
        print(what)
    if not checker.wrong:
        print('%d citations hold' % checker.checked)
    return 1 if checker.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
