#!/usr/bin/env python3
"""check_ci_job.py SOURCE BUILD_TREE [from-nothing]: the README's CI job, step by step, as GitHub
would run it, in a fresh clone of SOURCE and with a folder of scenarios in the workspace.

The job takes a built hoplab from its cache when it has one. Here that is what BUILD_TREE installs;
`from-nothing` says that there is none: then the job builds, as at its first run (minutes).
Nothing is installed on this machine: `apt-get` only checks that what is asked for is there.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

APT_GET = """#!/bin/sh
# Stands in for apt-get: the packages must be there.
[ "$1" = update ] && exit 0
for word; do
  case $word in -* | install) ;; *) dpkg-query -W "$word" > /dev/null || exit 100 ;; esac
done
"""


def job_of(readme):
    blocks = re.findall(r"^```yaml\n(.*?)^```$", readme, re.M | re.S)
    found = [block for block in blocks if "runs-on:" in block]
    assert len(found) == 1, "one CI job in the README"
    jobs = yaml.safe_load(found[0])["jobs"]
    assert len(jobs) == 1
    return next(iter(jobs.values()))


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def outputs_of(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file)


def run_step(step, environment, workspace, output):
    write(output, "")
    script = os.path.join(os.path.dirname(output), "step.sh")
    write(script, step["run"] + "\n")
    # As GitHub does where a job runs in a container: sh -e.
    done = subprocess.run(["sh", "-e", script], cwd=workspace, check=False,
                          env={**environment, "GITHUB_OUTPUT": output})
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode} of the step:\n{step['run']}")
    return outputs_of(output)


def main(source, build_tree, mode=""):
    with open(os.path.join(source, "README.md"), encoding="utf-8") as file:
        job = job_of(file.read())
    with tempfile.TemporaryDirectory() as folder:
        workspace = os.path.join(folder, "workspace")
        home = os.path.join(folder, "hoplab")
        os.makedirs(os.path.join(folder, "bin"))
        write(os.path.join(folder, "bin", "apt-get"), APT_GET, 0o755)
        environment = {**os.environ, **job["env"], "HOPLAB_URL": "file://" + source,
                       "HOPLAB_HOME": home, "GITHUB_ACTIONS": "true",
                       "GITHUB_STEP_SUMMARY": os.path.join(folder, "page.md"),
                       "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}
        environment.pop("HOPLAB_PRESET", None)
        steps = {}
        for step in job["steps"]:
            start = time.monotonic()
            used = step.get("uses", "").split("@")[0]
            if used == "actions/checkout":
                shutil.copytree(os.path.join(source, "examples/02-vanished-request"),
                                os.path.join(workspace, "scenarios"))
            elif used == "actions/cache":
                steps[step["id"]] = {"cache-hit": "" if mode == "from-nothing" else "true"}
                if mode != "from-nothing":
                    prefix = step["with"]["path"].replace("${{ env.HOPLAB_HOME }}", home)
                    subprocess.run(["cmake", "--install", build_tree, "--prefix", prefix],
                                   check=True, stdout=subprocess.DEVNULL)
                assert "steps.source.outputs.commit" in step["with"]["key"]
                assert re.fullmatch("[0-9a-f]{40}", steps["source"]["commit"])
            elif used == "actions/upload-artifact":
                assert os.path.exists(os.path.join(workspace, step["with"]["path"]))
            elif step.get("if") == "steps.built.outputs.cache-hit != 'true'" and \
                    steps["built"]["cache-hit"] == "true":
                continue
            else:
                done = run_step(step, environment, workspace if os.path.exists(workspace) else folder,
                                os.path.join(folder, "output"))
                steps[step.get("id", "")] = done
            print(f"{time.monotonic() - start:7.1f} s  {used or step['run'].splitlines()[-1]}",
                  flush=True)
        with open(os.path.join(folder, "page.md"), encoding="utf-8") as page:
            assert "1 file: 1 passed" in page.read()


main(*sys.argv[1:])
