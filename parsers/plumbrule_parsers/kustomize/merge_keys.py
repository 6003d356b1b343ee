"""Which lists of the built-in types are merged item by item, and by which keys.

Facts of the Kubernetes API 1.21, the one that Kustomize 5.6 has built in: lists of any other type
are replaced. `status` is left out: nobody patches it.
Source: https://github.com/kubernetes/kubernetes/tree/v1.21.2/api/openapi-spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

Table = Mapping[str, Mapping[str, "Field"]]


class Field(NamedTuple):
    """A field that is merged by `keys` (() for a list of scalars; None: not merged by items).

    `type` is the table's name for what the field, its items or its entries are, "" for a type
    without such lists.
    """

    type: str = ""
    keys: tuple[str, ...] | None = None


_META: Final = Field("ObjectMeta")
_SELECTOR: Final = Field("LabelSelector")
_TEMPLATE: Final = Field("PodTemplateSpec")
_MOUNTS: Final = {
    "env": Field("", ("name",)), "volumeMounts": Field("", ("mountPath",)),
    "volumeDevices": Field("", ("devicePath",)),
}  # fmt: skip
_TERMS: Final = {
    "preferredDuringSchedulingIgnoredDuringExecution": Field("WeightedPodAffinityTerm"),
    "requiredDuringSchedulingIgnoredDuringExecution": Field("PodAffinityTerm"),
}


def _object(spec: str = "") -> dict[str, Field]:
    return {"metadata": _META, "spec": Field(spec)} if spec else {"metadata": _META}


TYPES: Final[Table] = {
    "ObjectMeta": {"finalizers": Field("", ()), "ownerReferences": Field("", ("uid",))},
    "LabelSelector": {},
    "PodTemplateSpec": {"metadata": _META, "spec": Field("PodSpec")},
    "PodSpec": {
        "affinity": Field("Affinity"), "containers": Field("Container", ("name",)),
        "initContainers": Field("Container", ("name",)),
        "ephemeralContainers": Field("EphemeralContainer", ("name",)),
        "hostAliases": Field("", ("ip",)), "imagePullSecrets": Field("", ("name",)),
        "topologySpreadConstraints": Field("", ("topologyKey", "whenUnsatisfiable")),
        "volumes": Field("Volume", ("name",)),
    },
    "Container": {**_MOUNTS, "ports": Field("", ("containerPort", "protocol"))},
    "EphemeralContainer": _MOUNTS,
    "Affinity": {"podAffinity": Field("PodAffinity"), "podAntiAffinity": Field("PodAffinity")},
    "PodAffinity": _TERMS,
    "WeightedPodAffinityTerm": {"podAffinityTerm": Field("PodAffinityTerm")},
    "PodAffinityTerm": {"labelSelector": _SELECTOR},
    "Volume": {"ephemeral": Field("EphemeralVolumeSource")},
    "EphemeralVolumeSource": {"volumeClaimTemplate": Field("PersistentVolumeClaimTemplate")},
    "PersistentVolumeClaimTemplate": _object(),
    "Workload": {"metadata": _META, "spec": Field("WorkloadSpec")},
    "WorkloadSpec": {
        "selector": _SELECTOR, "template": _TEMPLATE, "volumeClaimTemplates": Field("Plain"),
    },
    "CronJob": _object("CronJobSpec"), "CronJobSpec": {"jobTemplate": Field("Workload")},
    "Pod": _object("PodSpec"), "PodTemplate": {"metadata": _META, "template": _TEMPLATE},
    "Node": _object("NodeSpec"), "NodeSpec": {"podCIDRs": Field("", ())},
    "Service": _object("ServiceSpec"),
    "ServiceSpec": {"ports": Field("", ("port", "protocol"))},
    "ServiceAccount": {"metadata": _META, "secrets": Field("", ("name",))},
    "WebhookConfiguration": {"metadata": _META, "webhooks": Field("", ("name",))},
    "CSINode": _object("CSINodeSpec"), "CSINodeSpec": {"drivers": Field("", ("name",))},
    "Plain": _object(),
}  # fmt: skip

_WORKLOADS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
_NAMED: Final = {
    "apps/v1": {**dict.fromkeys(_WORKLOADS, "Workload"), "ControllerRevision": "Plain"},
    "batch/v1": {"Job": "Workload", "CronJob": "CronJob"},
    "batch/v1beta1": {"CronJob": "CronJob"},
    "v1": {
        "Pod": "Pod", "PodTemplate": "PodTemplate", "ReplicationController": "Workload",
        "Node": "Node", "Service": "Service", "ServiceAccount": "ServiceAccount",
        **dict.fromkeys(
            ("Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange",
             "Namespace", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "Secret"),
            "Plain",
        ),
    },
    **dict.fromkeys(
        ("admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1"),
        dict.fromkeys(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
                      "WebhookConfiguration"),
    ),
}  # fmt: skip
# Types of which only the metadata has merged lists: group -> versions, kinds.
_PLAIN: Final = {
    "autoscaling": (("v1", "v2beta1", "v2beta2"), ("HorizontalPodAutoscaler",)),
    "certificates.k8s.io": (("v1", "v1beta1"), ("CertificateSigningRequest",)),
    "coordination.k8s.io": (("v1", "v1beta1"), ("Lease",)),
    "discovery.k8s.io": (("v1", "v1beta1"), ("EndpointSlice",)),
    "extensions": (("v1beta1",), ("Ingress",)),
    "flowcontrol.apiserver.k8s.io": (("v1beta1",), ("FlowSchema", "PriorityLevelConfiguration")),
    "networking.k8s.io": (("v1", "v1beta1"), ("Ingress", "IngressClass", "NetworkPolicy")),
    "node.k8s.io": (("v1", "v1beta1"), ("RuntimeClass",)),
    "policy": (("v1", "v1beta1"), ("PodDisruptionBudget", "PodSecurityPolicy")),
    "rbac.authorization.k8s.io": (
        ("v1", "v1beta1"), ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    ),
    "scheduling.k8s.io": (("v1", "v1beta1"), ("PriorityClass",)),
    "storage.k8s.io": (
        ("v1", "v1beta1"), ("CSIDriver", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"),
    ),
    "apiextensions.k8s.io": (("v1", "v1beta1"), ("CustomResourceDefinition",)),
    "apiregistration.k8s.io": (("v1", "v1beta1"), ("APIService",)),
}  # fmt: skip


def _kinds() -> dict[tuple[str, str], str]:
    found = {
        (version, kind): name for version, kinds in _NAMED.items() for kind, name in kinds.items()
    }
    for group, (versions, kinds) in _PLAIN.items():
        found.update({(f"{group}/{one}", kind): "Plain" for one in versions for kind in kinds})
    found.update({(f"storage.k8s.io/{one}", "CSINode"): "CSINode" for one in ("v1", "v1beta1")})
    return found


KINDS: Final[Mapping[tuple[str, str], str]] = _kinds()
