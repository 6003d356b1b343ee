"""Blocks of the kubernetes provider to the manifest that they stand for, every place kept.

Source: https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs. The provider
writes names in snake case and names a block that may be repeated in the singular.
"""

from __future__ import annotations

import re
from typing import Final

from plumbrule_parsers.document import Node
from plumbrule_parsers.terraform.lifted import entries
from plumbrule_parsers.terraform.static import number_text
from plumbrule_parsers.value import ListValue, MapValue, Place, Unknown, Value

_VERSION = re.compile(r"_v\d+(?:(?:alpha|beta)\d+)?$")
_PREFIX: Final = "kubernetes_"
_ACCESS: Final = "rbac.authorization.k8s.io/v1"
_OBJECTS: Final = {
    "deployment": ("apps/v1", "Deployment"), "stateful_set": ("apps/v1", "StatefulSet"),
    "daemonset": ("apps/v1", "DaemonSet"), "daemon_set": ("apps/v1", "DaemonSet"),
    "replication_controller": ("v1", "ReplicationController"), "pod": ("v1", "Pod"),
    "job": ("batch/v1", "Job"), "cron_job": ("batch/v1", "CronJob"),
    "service": ("v1", "Service"), "ingress": ("networking.k8s.io/v1", "Ingress"),
    "network_policy": ("networking.k8s.io/v1", "NetworkPolicy"),
    "horizontal_pod_autoscaler": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "pod_disruption_budget": ("policy/v1", "PodDisruptionBudget"),
    "secret": ("v1", "Secret"), "config_map": ("v1", "ConfigMap"),
    "service_account": ("v1", "ServiceAccount"), "namespace": ("v1", "Namespace"),
    "persistent_volume_claim": ("v1", "PersistentVolumeClaim"),
    "role": (_ACCESS, "Role"), "cluster_role": (_ACCESS, "ClusterRole"),
    "role_binding": (_ACCESS, "RoleBinding"),
    "cluster_role_binding": (_ACCESS, "ClusterRoleBinding"),
}  # fmt: skip
# Blocks that may be repeated, as the list that a manifest has.
_LISTS: Final = {
    "container": "containers", "init_container": "initContainers", "env": "env",
    "env_from": "envFrom", "port": "ports", "ports": "ports", "volume": "volumes",
    "volume_mount": "volumeMounts", "volume_device": "volumeDevices", "toleration": "tolerations",
    "image_pull_secrets": "imagePullSecrets", "host_aliases": "hostAliases", "items": "items",
    "sources": "sources", "match_expressions": "matchExpressions", "rule": "rules",
    "volume_claim_template": "volumeClaimTemplates", "subject": "subjects", "metric": "metrics",
    "tls": "tls", "http_header": "httpHeaders", "readiness_gate": "readinessGates",
    "topology_spread_constraint": "topologySpreadConstraints", "ingress": "ingress",
    "egress": "egress", "from": "from", "to": "to", "path": "paths",
    "image_pull_secret": "imagePullSecrets",
}  # fmt: skip
# Maps whose keys are no names of the provider's.
_DATA: Final = {
    "labels", "annotations", "match_labels", "node_selector", "limits", "requests", "data",
    "string_data", "binary_data", "binaryData", "stringData", "parameters", "volume_attributes",
}  # fmt: skip
_SPELLED: Final = {
    "cluster_ip": "clusterIP", "host_ip": "hostIP", "external_ips": "externalIPs",
    "load_balancer_ip": "loadBalancerIP", "host_pid": "hostPID", "host_ipc": "hostIPC",
    "non_resource_urls": "nonResourceURLs",
}  # fmt: skip
_FLAGS: Final = {
    "privileged", "allow_privilege_escalation", "read_only_root_filesystem", "run_as_non_root",
    "read_only", "host_network", "host_pid", "host_ipc", "optional", "publish_not_ready_addresses",
    "suspend",
}  # fmt: skip
_NUMBERS: Final = re.compile(
    r"(?:.*_)?(?:port|seconds|threshold|replicas|user|group|unavailable|surge|available|limit"
    r"|completions|parallelism|number)|seconds"
)
_TOP: Final = ("metadata", "spec", "data", "binary_data", "rule", "subject", "role_ref")


def api_of(type_: str) -> tuple[str, str] | None:
    """The apiVersion and kind of the object that a resource type makes; None if it makes none."""
    if not type_.startswith(_PREFIX):
        return None
    return _OBJECTS.get(_VERSION.sub("", type_.removeprefix(_PREFIX)))


def manifest_of(node: Node, api: tuple[str, str]) -> tuple[MapValue, list[Unknown]]:
    """The manifest, and what it may hold besides that cannot be told."""
    fields = node.fields
    made = MapValue(fields.source, fields.start, fields.end)
    head = Place(node.span)
    made.put("apiVersion", api[0], head)
    made.put("kind", api[1], head)
    doubts: list[Unknown] = []
    for key in _TOP:
        if fields.get(key) is None:
            continue
        name, value, place = key, fields[key], fields.place(key)
        if api[1] == "Secret" and key in ("data", "binary_data"):
            # The provider encodes `data` itself.
            name = "stringData" if key == "data" else "data"
            _enter(made, name, _one(value), place)
        elif api[1] in ("Secret", "ConfigMap") and key in ("data", "binary_data"):
            _enter(made, _camel(key), _one(value), place)
        else:
            _convert(made, key, value, place, "", doubts)
    if api[1] == "Secret" and "attr_type" in fields:
        _enter(made, "type", fields["attr_type"], fields.place("attr_type"))
    return made, doubts


def _enter(made: MapValue, name: str, value: Value, place: Place | None) -> None:
    if value is not None:
        made.put(name, value, place)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return _SPELLED.get(name) or first + "".join(one.capitalize() for one in rest)


def _convert(
    made: MapValue, key: str, value: Value, place: Place | None, owner: str, doubts: list[Unknown]
) -> None:
    """Put an attribute or block of the provider under its name in a manifest."""
    if value is None or key != key.lower():
        return  # not set, or no name of the provider's
    block = isinstance(value, MapValue) or (
        isinstance(value, ListValue)
        and (value.rest is not None or all(isinstance(one, MapValue) for one in value))
    )
    if not block:
        made.put(_camel(key), _scalar(key, value, owner), place)
    elif key in _DATA or (key == "selector" and not _is_selector(value)):
        made.put(_camel(key), _one(value), place)
    elif key in _LISTS and not (key == "port" and owner == "service"):
        made.put(_LISTS[key], _listed(key, value, doubts), place)
    else:
        one = _one(value)
        made.put(
            _camel(key), _mapping(key, one, doubts) if isinstance(one, MapValue) else one, place
        )


def _mapping(key: str, owner: MapValue, doubts: list[Unknown]) -> MapValue:
    made = MapValue(owner.source, owner.start, owner.end, rest=owner.rest)
    for name in owner:
        _convert(made, name, owner[name], owner.place(name), key, doubts)
    return made


def _listed(key: str, value: Value, doubts: list[Unknown]) -> Value:
    """A list of mappings; what else it may hold is a doubt."""
    found, rest = entries(value)
    assert isinstance(value, (MapValue, ListValue))
    made = ListValue(value.source, value.start, value.end, rest=rest)
    for index, item in enumerate(found):
        place = value.place(index) if isinstance(value, ListValue) else None
        made.places[index] = place if place is not None else Place(item.span)
        made.append(_mapping(key, item, doubts))
    if rest is not None:
        doubts.append(rest)
    return made


def _one(value: Value) -> Value:
    """The block that may stand there once; a plan has a list even of one."""
    if not isinstance(value, ListValue):
        return value
    found, rest = entries(value)
    return found[0] if found else rest


def _is_selector(value: Value) -> bool:
    """Whether it is a selector of the API, and no plain map of labels."""
    one = _one(value)
    if not isinstance(one, MapValue):
        return True
    return not one or any(
        isinstance(one.get(key), (MapValue, ListValue, Unknown))
        for key in ("match_labels", "match_expressions")
    )


def _scalar(key: str, value: Value, owner: str) -> Value:
    """The value with the type that the API has for it; Terraform converts texts by itself."""
    if owner == "env" and key == "value":
        if isinstance(value, bool):
            return "true" if value else "false"
        return number_text(value) if isinstance(value, (int, float)) else value
    if isinstance(value, str):
        if _NUMBERS.fullmatch(key) and value.strip().isdecimal() and len(value) < 19:
            return int(value)
        if key in _FLAGS and value in ("true", "false"):
            return value == "true"
    return value
