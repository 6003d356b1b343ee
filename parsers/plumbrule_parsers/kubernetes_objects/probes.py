"""Probes and hooks of containers: what is asked, how often, and how long a pod waits to go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Node
from plumbrule_parsers.kubernetes_objects.entries import put_port
from plumbrule_parsers.value import ListValue, MapValue, Segments, Unknown

if TYPE_CHECKING:
    from plumbrule_parsers.kubernetes_objects.lift import Lift

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_SLEEP = re.compile(r"(?:^|[\s;&|/])sleep\s+(\d{1,6})([smh]?)(?=$|[\s;&|])")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def with_handler(probe: MapValue) -> MapValue:
    """The probe with a derived `handler`: what it asks, without its timing."""
    handler = MapValue(probe.source, probe.start, probe.end)
    for key in _HANDLERS:
        if key in probe:
            handler.put(key, probe[key], probe.place(key))
    return probe.copy_with(handler=handler)


def probe_nodes(lift: Lift, container: Node, written: MapValue) -> None:
    """A node for each probe of the container."""
    for key in PROBES:
        probe = written.get(key)
        if not isinstance(probe, MapValue):
            continue
        fields = with_handler(probe)
        fields.put("name", key)
        for handler in ("httpGet", "tcpSocket", "grpc"):
            asked = probe.get(handler)
            if isinstance(asked, MapValue):
                put_port(fields, asked.get("port"), asked.place("port"))
        address = lift.address(f"{container.address}/probe/{key}")
        place = written.place(key)
        span = (place.entry if place is not None else probe.span).first_line
        label = f"{key} of {container.label}"
        node = Node(address, "k8s.ContainerProbe", label, fields, span, container.address)
        lift.nodes.append(node)


def put_sleep(fields: MapValue, container: MapValue) -> None:
    """The seconds that the preStop hook sleeps as `prestop_sleep`, where it is known to sleep."""
    lifecycle = container.get("lifecycle")
    if isinstance(lifecycle, Unknown):
        fields.put("prestop_sleep", lifecycle, container.place("lifecycle"))
    if not isinstance(lifecycle, MapValue):
        return
    hook, place = lifecycle.get("preStop"), lifecycle.place("preStop")
    if isinstance(hook, Unknown):
        fields.put("prestop_sleep", hook, place)
    if not isinstance(hook, MapValue):
        return
    sleep, command = hook.get("sleep"), hook.get("exec")
    if isinstance(sleep, MapValue):
        fields.put("prestop_sleep", sleep.get("seconds"), place)
    words = command.get("command") if isinstance(command, MapValue) else None
    if not isinstance(words, ListValue):
        return
    doubt = next((word for word in words if isinstance(word, (Unknown, Segments))), None)
    if doubt is not None:
        fields.put("prestop_sleep", doubt, place)
        return
    found = _SLEEP.findall(" ".join(map(str, words)))
    if found:
        seconds = sum(int(number) * _SECONDS[unit] for number, unit in found)
        fields.put("prestop_sleep", seconds, place)
