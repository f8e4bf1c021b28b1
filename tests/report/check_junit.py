#!/usr/bin/env python3
"""check_junit.py HOPLAB CORPUS: what `hoplab test --junit` writes, read by another parser.

Holds it against the subset that testmoapp/junitxml and Jenkins' junit-10.xsd share, and against
what `--json` says of the same scenarios.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time", "file", "line"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
FILES = ["passes", "fails", "fails_with_some_seeds", "bad", "expects_nothing"]


def check_shape(node):
    assert set(node.attrib) == ATTRIBUTES[node.tag], (node.tag, node.attrib)
    for child in node:
        assert child.tag in CHILDREN.get(node.tag, set()), (node.tag, child.tag)
        check_shape(child)


def check_numbers(node):
    """Each element that counts says what stands in it."""
    cases = list(node.iter("testcase"))
    assert int(node.get("tests")) == len(cases)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(node.get(attribute)) == sum(1 for case in cases if case.find(tag) is not None)
    assert re.fullmatch(r"\d+\.\d{3}", node.get("time")), node.get("time")


def check_case(case):
    assert sum(1 for child in case if child.tag != "system-out") <= 1
    assert int(case.get("line")) >= 1
    assert os.path.exists(case.get("file")) or case.find("error").get("type") == "file-trouble"
    failure = case.find("failure")
    if failure is not None and failure.get("type") == "expectation":
        assert "expected" in failure.get("message") and "measured" in failure.get("message")
        assert re.search(r"^again: hoplab run \S+ --seed \d+$", case.findtext("system-out"), re.M)


def run(hoplab, arguments, junit):
    done = subprocess.run([hoplab, "test", *arguments, "--json", "--junit", junit],
                          stdout=subprocess.PIPE, check=False)
    root = xml.parse(junit).getroot()
    assert root.tag == "testsuites"
    check_shape(root)
    for node in [root, *root]:
        check_numbers(node)
    cases = list(root.iter("testcase"))
    for case in cases:
        check_case(case)
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(names) == len(set(names)), "two testcases of one name"
    return done.returncode, json.loads(done.stdout), root, names


def check_against_json(document, root):
    for file, suite in zip(document["files"], root, strict=True):
        said = {case.get("name"): case for case in suite.iter("testcase")}
        for item in file["expectations"]:
            case = said[item["name"]]
            assert (case.find("failure") is None) == item["held"], item
            assert int(case.get("line")) == item["line"]


def main(hoplab, corpus):
    with tempfile.TemporaryDirectory() as folder:
        junit = os.path.join(folder, "out.xml")
        files = [os.path.join(corpus, name + ".yaml") for name in FILES]
        code, document, root, once = run(hoplab, [*files, "missing.yaml"], junit)
        assert code == document["exitCode"] == 4
        check_against_json(document, root)
        by_class = {}
        for case in root.iter("testcase"):
            by_class.setdefault(case.get("classname"), []).append(case)
        odd = by_class["fails"][1]
        assert odd.get("name") == '100% <fail> & "more": a, b', odd.attrib
        assert by_class["bad"][0].find("error").text.count("error[E0201]") == 2
        assert by_class["expects-nothing"][0].find("failure") is not None
        # A history hangs on the names: they are the same for every seed, and for several.
        healthy = files[:3]
        names = run(hoplab, healthy, junit)[3]
        assert run(hoplab, [*healthy, "--seeds", "1..3"], junit)[3] == names
        assert set(names) <= set(once)
    print("JUnit: all as it should be")


main(*sys.argv[1:])
