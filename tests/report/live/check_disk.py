"""A disk that is full, a place that cannot be written, a file that may not grow: one clear error,
exit code 4, and nothing under the final name.

    check_disk.py HOPLAB WHAT
"""
import os
import resource
import shutil
import subprocess
import sys

from harness import Place, check, skip


def expect_file_trouble(place, outcome, word, name="rec"):
    check(outcome.returncode == 4, f"exit code {outcome.returncode}: {outcome.stderr}")
    told = outcome.stderr.strip().splitlines()
    check(len(told) == 1 and told[0].startswith("hoplab: cannot ") and word in told[0],
          f"one clear error: {told}")
    check(not outcome.stdout, "no result is printed")
    check(not (place.path / name).exists(), "nothing under the final name")


def a_full_disk(place):
    """A file system of 64 KiB, in a mount namespace of its own."""
    if shutil.which("unshare") is None:
        skip("there is no unshare")
    tiny = place.path / "tiny"
    tiny.mkdir()
    script = ('mount -t tmpfs -o size=64k none tiny || exit 99\n'
              '"$0" run live.yaml -o tiny/rec\ncode=$?\n'
              'test ! -e tiny/rec || exit 98\nexit $code\n')
    outcome = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script,
                              place.hoplab], cwd=place.path, text=True, capture_output=True,
                             timeout=60, check=False)
    if outcome.returncode == 99 or outcome.stderr.startswith("unshare:"):
        skip(f"no file system of one's own here: {outcome.stderr.strip()}")
    check(outcome.returncode != 98, "nothing under the final name")
    expect_file_trouble(place, outcome, "No space left on device")


def a_read_only_file_system(place):
    if shutil.which("unshare") is None:
        skip("there is no unshare")
    (place.path / "still").mkdir()
    script = ('mount -t tmpfs -o ro none still || exit 99\n"$0" run live.yaml -o still/rec\n')
    outcome = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script,
                              place.hoplab], cwd=place.path, text=True, capture_output=True,
                             timeout=60, check=False)
    if outcome.returncode == 99 or outcome.stderr.startswith("unshare:"):
        skip(f"no file system of one's own here: {outcome.stderr.strip()}")
    expect_file_trouble(place, outcome, "Read-only file system")


def a_file_that_may_not_grow(place):
    """RLIMIT_FSIZE: the kernel sends SIGXFSZ, whose default would end the process."""
    outcome = subprocess.run(
        [place.hoplab, "run", "live.yaml", "-o", "rec"], cwd=place.path, text=True,
        capture_output=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    expect_file_trouble(place, outcome, "File too large")


def a_place_that_cannot_be_written(place):
    (place.path / "file").write_text("in the way")
    expect_file_trouble(place, place.run("run", "live.yaml", "-o", "file/rec"), "Not a directory",
                        "file/rec")
    if os.geteuid() == 0:
        return  # Rights mean nothing to root.
    locked = place.path / "locked"
    locked.mkdir(mode=0o555)
    expect_file_trouble(place, place.run("run", "live.yaml", "-o", "locked/rec"),
                        "Permission denied", "locked/rec")


def a_full_standard_output(place):
    with open("/dev/full", "w") as full:
        outcome = subprocess.run([place.hoplab, "run", "live.yaml", "--no-recording"],
                                 cwd=place.path, text=True, stdout=full, stderr=subprocess.PIPE,
                                 timeout=60, check=False)
    check(outcome.returncode == 4 and "standard output" in outcome.stderr, outcome.stderr)


CHECKS = [a_full_disk, a_read_only_file_system, a_file_that_may_not_grow,
          a_place_that_cannot_be_written, a_full_standard_output]

if __name__ == "__main__":
    by_name = {function.__name__: function for function in CHECKS}
    for wanted in sys.argv[2:] or by_name:
        by_name[wanted](Place(sys.argv[1]))
        print(f"{wanted}: good")
