#!/usr/bin/env python3
"""check_schema.py HOPLAB ROOT: `hoplab schema`, judged by another program's validator.

Every scenario that ships is valid, every mistake of the table below is not, and every key has what
an editor shows: meaning, examples, snippets. What the reader says of the same texts is asked too,
so that neither list can go stale.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml

GOOD = """\
hoplab: 1
name: good
duration: 5m
services:
  a: {calls: [{to: b, path: /user, timeout: 1s}], placement: h}
  b: {serviceTime: {normal: {mean: 7ms, sd: 1ms}}, securityGroup: {allow: [{from: anywhere, port: 8080}]}}
hosts: {h: {instanceType: m5.large}}
network: {latency: 2ms}
workload: [{name: users, rate: 20/s, to: a}]
faults:
  - {at: 2m, for: 1m, action: "hoplab:ecs:container-exit", target: b, parameters: {exitCode: 1}}
expectations:
  - {window: [1m, 2m], thresholds: {a.http_req_failed: "rate<0.001"}}
  - {accessLog: {container: a.envoy, responseFlags: UF, count: 0}}
"""

# What stands in GOOD, and what somebody may write instead.
MISTAKES = [
    ("hoplab: 1", "hoplab: 2"),
    ("hoplab: 1\n", ""),
    ("duration: 5m", "duration: 300"),
    ("duration: 5m", "duration: 5 minutes"),
    ("duration: 5m\n", ""),
    ("services:", "service:"),
    ("calls:", "call:"),
    ("calls: [{to: b, path: /user, timeout: 1s}]", "calls: {to: b}"),
    ("{to: b, path: /user", "{path: /user"),
    ("path: /user", "path: user"),
    ("path: /user", "method: get"),
    ("timeout: 1s", "timeout: 1"),
    ("timeout: 1s", "onError: {status: 42}"),
    ("timeout: 1s", "onError: ignored"),
    ("sd: 1ms", "cv: 1"),
    (", sd: 1ms", ""),
    ("normal:", "gauss:"),
    ("{mean: 7ms, sd: 1ms}}", "{mean: 7ms, sd: 1ms}, erlang: {mean: 7ms, k: 2}}"),
    ("port: 8080}]", "port: http}]"),
    ("{from: anywhere, port: 8080}", "{port: 8080}"),
    ("{allow: [{from: anywhere, port: 8080}]}", "{}"),
    ("placement: h}", "desiredCount: 1.5}"),
    ("placement: h}", "desiredCount: -1}"),
    ("placement: h}", "cpu: 64}"),
    ("placement: h}", "cpu: one}"),
    ("placement: h}", "memory: 512}"),
    ("placement: h}", "workers: \"64\"}"),
    ("placement: h}", "holdsWorkerDuringCalls: maybe}"),
    ("placement: h}", "acceptQueueOverflow: refuse}"),
    ("placement: h}", "envoy: {threads: 2}}"),
    ("instanceType: m5.large", "instanceType: m5.huge"),
    ("latency: 2ms", "latency: -2ms"),
    ("latency: 2ms", "bandwidth: 10"),
    ("network:", "netwrk:"),
    ("rate: 20/s", "rate: 20"),
    ("rate: 20/s, ", ""),
    ("rate: 20/s", "rate: 20/s, vus: 3"),
    ("to: a}]", "to: a, target: {service: a}}]"),
    (", to: a}]", "}]"),
    ("{name: users,", "{nme: users,"),
    ("at: 2m, ", ""),
    ("hoplab:ecs:container-exit", "hoplab:ecs:container-exits"),
    ("exitCode: 1", "exitCode: 999"),
    ("exitCode: 1", "exit: 1"),
    ("action: \"hoplab:ecs:container-exit\", target: b, parameters: {exitCode: 1}",
     "action: \"hoplab:link:latency\", target: \"a->b\""),
    ("action: \"hoplab:ecs:container-exit\", ", ""),
    ("target: b, ", ""),
    ("[1m, 2m]", "[1m]"),
    ("[1m, 2m]", "1m"),
    ("\"rate<0.001\"", "\"rate 0.001\""),
    ("\"rate<0.001\"", "\"median<1s\""),
    ("thresholds:", "threshold:"),
    ("thresholds: {a.http_req_failed: \"rate<0.001\"}", "name: nothing"),
    ("{accessLog:", "{ecs: {service: b}, accessLog:"),
    ("responseFlags: UF", "responseFlags: ZZ"),
    ("container: a.envoy, ", ""),
    ("count: 0", "count: [0]"),
    ("count: 0", "code: 600"),
    ("count: 0", "direction: out"),
    ("name: good", "mesh: off"),
    ("name: good", "telemetry: all"),
    ("name: good", "startTime: today"),
    ("name: good", "account: \"123\""),
    ("name: good", "envoyProfile: v2"),
    ("name: good", "seed: one"),
    ("name: good", "hosts2: {}"),
    ("name: good", "telemetry: {xray: {samplingRule: {FixedRate: 2}}}"),
    ("name: good", "artefacts: {ec2: [{path: sg.json}]}"),
    ("name: good", "virtualServices: {v: {a: 101}}"),
    # The long form.
    ("name: good", "infrastructure: {vpcs: {cidrBlock: 10.0.0.0/16}}"),
    ("name: good", "infrastructure: {vpc: 10.0.0.0/16}"),
    ("name: good", "infrastructure: {subnets: {s: {availabilityZone: us-east-1a}}}"),
    ("name: good", "infrastructure: {containerInstances: {i: {instanceType: huge}}}"),
    ("name: good", "infrastructure: {links: [{latency: 1ms}]}"),
    ("name: good", "taskDefinitions: [a]"),
    ("name: good", "mesh: {virtualNode: {}}"),
    ("name: good", "mesh: {virtualNodes: []}"),
    ("name: good", "experiment: {actions: {x: {at: 1m}}}"),
    ("name: good", "experiment: {targets: {t: {resourceType: \"aws:rds:db\"}}}"),
    ("name: good", "experiment: {actions: {x: {actionId: \"hoplab:ecs:hang\", at: soon}}}"),
    ("placement: h}", "simulate: [app]}"),
]


class Plain(yaml.SafeLoader):
    """YAML 1.2's types: an instant is text."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text):
    return yaml.load(text, Plain)


def reader_takes(hoplab, folder, text):
    file = pathlib.Path(folder) / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([hoplab, "validate", str(file)], capture_output=True, check=False)
    assert done.returncode in (0, 3), done
    return done.returncode == 0


def check_documentation(schema):
    """Of every key, wherever it stands; returns their number."""
    resolver = jsonschema.RefResolver.from_schema(schema)

    def look(node, path):
        count = 0
        for name, key in node.get("properties", {}).items():
            count += 1
            assert key.get("description"), path + [name]
            assert key.get("examples"), path + [name]
            values = key["examples"] + ([key["default"]] if "default" in key else [])
            for value in values:
                jsonschema.Draft7Validator(key, resolver=resolver).validate(value)
            items = key.get("items", {})
            if "properties" in items:
                for snippet in items["defaultSnippets"]:
                    assert snippet["label"] and snippet["description"]
                    jsonschema.Draft7Validator(items, resolver=resolver).validate(snippet["body"])
            for inner in [key, items, key.get("additionalProperties", {}), *key.get("anyOf", [])]:
                if isinstance(inner, dict):
                    count += look(inner, path + [name])
        return count

    return look(schema, [])


def shipped(root):
    for folder in ("scenarios", "examples", "tests/bench", "tests/report/suite_corpus"):
        for file in sorted((root / folder).rglob("*.yaml")):
            if file.name != "bad.yaml":
                yield file


def main(hoplab, root):
    root = pathlib.Path(root)
    schema = json.loads(subprocess.check_output([hoplab, "schema"]))
    jsonschema.Draft7Validator.check_schema(schema)
    keys = check_documentation(schema)
    assert keys > 150, keys
    validator = jsonschema.Draft7Validator(schema)

    files = list(shipped(root))
    assert len(files) >= 20
    texts = [(str(file), file.read_text(encoding="utf-8")) for file in files]
    texts.append(("hoplab init", subprocess.check_output([hoplab, "init", "-"], text=True)))
    texts.append(("GOOD", GOOD))
    wrong = 0
    for name, text in texts:
        for error in validator.iter_errors(load(text)):
            print(f"{name}: {error.json_path}: {error.message[:300]}")
            wrong += 1

    with tempfile.TemporaryDirectory() as folder:
        assert reader_takes(hoplab, folder, GOOD)
        for before, after in MISTAKES:
            assert GOOD.count(before) >= 1, before
            text = GOOD.replace(before, after, 1)
            if validator.is_valid(load(text)):
                print(f"valid by the schema, with {after!r} for {before!r}")
                wrong += 1
            if reader_takes(hoplab, folder, text):
                print(f"taken by the reader, with {after!r} for {before!r}")
                wrong += 1
    print(f"{keys} keys, {len(texts)} scenarios, {len(MISTAKES)} mistakes; {wrong} surprises")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
