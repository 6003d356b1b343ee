"""Milliseconds a chart takes us and `helm template`, side by side in one run.

    python benchmarks/helm.py HELM FOLDER... [--every 1] [--cpu] [--profile]

Both sides see the same copy of each chart, in which dependencies that are not vendored were filled
in by name from the same repository. Ours lists and reads the files, merges the values and renders
every template to text with all origins: `warm` in one process that has parsed the charts before it
(as a scan does; shared library charts are parsed once), `cold` with nothing parsed before. `tree`
adds the rendered text as YAML values with their places, which helm does not give. Theirs is a whole
process, since nothing less can be had without Go. Each chart is rendered once by each side, one
right after the other; the garbage collector is off, as in a scan. Charts that helm refuses are left
out. With `--cpu` the times are those of processors (user and system, of both sides), which other
work on the machine changes least. The slowest chart is profiled with `--profile`.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import os
import pstats
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import yaml

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.manifests import manifest_values
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.render import Release, Rendering, render_chart


class Times(NamedTuple):
    """Seconds that one chart took."""

    name: str
    helm: float
    warm: float
    cold: float
    tree: float


def files_below(folder: Path) -> list[str]:
    """The paths of all files, relative to the folder."""
    found: list[str] = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        below = os.path.relpath(here, folder)
        found += names if below == "." else [f"{below}/{name}" for name in names]
    return found


def fill(chart: Chart, target: Path, root: Path) -> None:
    """Put borrowed dependencies where helm looks for them."""
    for child in chart.children:
        if child.borrowed:
            below = target / "charts" / child.name
            shutil.copytree(root / child.folder, below, dirs_exist_ok=True)
            fill(child, below, root)


def any_version(folder: Path) -> None:
    """Let every version of a dependency do: a repository has only one of each."""
    for path in (*folder.rglob("Chart.yaml"), *folder.rglob("requirements.yaml")):
        written = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
        if isinstance(written, dict) and written.get("dependencies"):
            for one in written["dependencies"]:
                one["version"] = ">=0.0.0-0"
            path.write_text(yaml.dump(written, default_style='"'), "utf-8")


def ours(copy: Path, programs: Programs) -> Rendering:
    """Our rendering of the chart in a folder."""
    charts = Charts(ScannedFiles(copy, files_below(copy)))
    chart = charts.load("")
    assert chart is not None
    return render_chart(chart, {}, Release(), programs)


def processors() -> float:
    """Seconds that processors worked for this process and for those that it waited for."""
    sides = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(side) for side in sides]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(
    copy: Path, name: str, helm: str, programs: Programs, clock: Callable[[], float]
) -> Times | None:
    """The times of one chart by the clock; None if helm refuses it."""
    command = [helm, "template", "release-name", str(copy), "--skip-schema-validation"]
    start = clock()
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    theirs = clock() - start
    if done.returncode:
        return None
    gc.collect()
    start = clock()
    rendering = ours(copy, programs)
    warm = clock() - start
    start = clock()
    for one in rendering.templates:
        if one.error is None:
            manifest_values(one.pieces, one.source)
    tree = clock() - start
    start = clock()
    ours(copy, Programs())
    cold = clock() - start
    return Times(name, theirs, warm, cold, warm + tree)


def table(title: str, found: list[Times]) -> None:
    """Median, mean and worst of each side, with the ratio to helm."""
    print(f"{title}: {len(found)} charts")
    theirs = [one.helm for one in found]
    for side in ("helm", "warm", "cold", "tree"):
        times = [getattr(one, side) for one in found]
        worst = max(found, key=lambda one: getattr(one, side))
        median, mean = statistics.median(times), statistics.fmean(times)
        faster = sum(one < other for one, other in zip(times, theirs, strict=True))
        print(
            f"  {side:5} median {median * 1000:6.1f} ms ({median / statistics.median(theirs):4.2f})"
            f"  mean {mean * 1000:6.1f} ms ({mean / statistics.fmean(theirs):4.2f})"
            f"  worst {getattr(worst, side) * 1000:6.1f} ms {worst.name}"
            f"  faster than helm {faster}"
        )


def main() -> None:
    """Measure the charts of the folders that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("helm")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="only every nth chart")
    parser.add_argument("--cpu", action="store_true", help="times of processors")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    clock = processors if given.cpu else time.perf_counter
    gc.disable()
    programs = Programs()
    found: list[Times] = []
    refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(scratch, "worst")
        slowest = 0.0
        for root in given.folders:
            here: list[Times] = []
            charts = Charts(ScannedFiles(root, files_below(root)))
            outer = [one for one in sorted(charts.folders) if charts.outermost(one) == one]
            for folder in outer[:: given.every]:
                chart = charts.load(folder)
                if chart is None or chart.is_library:
                    continue
                copy = Path(scratch, "chart")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(root / folder, copy)
                fill(chart, copy, root)
                any_version(copy)
                one = timed(copy, f"{root.name}/{folder}", given.helm, programs, clock)
                if one is None:
                    refused += 1
                    continue
                here.append(one)
                if one.cold > slowest:
                    slowest = one.cold
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(copy, kept)
            if here:
                table(root.name, here)
            found += here
        table("all", found)
        print(f"{refused} charts are refused by helm and left out")
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(ours, kept, Programs())
            pstats.Stats(profile).sort_stats("cumulative").print_stats(40)


if __name__ == "__main__":
    main()
