"""The fields that Kustomize changes: for labels, names, references and so on, by kind.

Facts of Kustomize 5.6 (its default transformer configuration). Most tables are a product: fields of
a pod, times the places where kinds keep their pod.
Source: https://github.com/kubernetes-sigs/kustomize/tree/master/api/internal/konfig.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple


class FieldSpec(NamedTuple):
    """A path of an object (`[]` marks lists) in objects of a group, version and kind, "" for any.

    `create`: the field is made where it is missing.
    """

    path: str
    group: str = ""
    version: str = ""
    kind: str = ""
    create: bool = False

    def fits(self, group: str, version: str, kind: str) -> bool:
        """True for objects of that type."""
        return (
            (not self.kind or self.kind == kind)
            and (not self.group or self.group == group)
            and (not self.version or self.version == version)
        )

    def covers(self, other: FieldSpec) -> bool:
        """True if this entry of a table stands for the other already."""
        return self.path == other.path and other.fits(self.group, self.version, self.kind)


class Referral(NamedTuple):
    """Fields that hold the name of an object of that type."""

    group: str
    version: str
    kind: str
    fields: tuple[FieldSpec, ...]


# Where each kind keeps its pod.
PODS: Final = {
    "Pod": "spec", "PodTemplate": "template/spec", "Deployment": "spec/template/spec",
    "ReplicaSet": "spec/template/spec", "DaemonSet": "spec/template/spec",
    "StatefulSet": "spec/template/spec", "Job": "spec/template/spec",
    "CronJob": "spec/jobTemplate/spec/template/spec",
    "ReplicationController": "spec/template/spec",
}  # fmt: skip
_MOUNTING = ("Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job",
             "CronJob")  # fmt: skip
_RUNNING = ("Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job",
            "DaemonSet")  # fmt: skip
_RBAC: Final = "rbac.authorization.k8s.io"
_HOOKS: Final = "admissionregistration.k8s.io"


def _in_pods(kinds: Iterable[str], *fields: str, core_pods: bool = False) -> list[FieldSpec]:
    return [
        FieldSpec(f"{PODS[kind]}/{field}", "",
                  "v1" if core_pods and kind == "Pod" else "", kind)
        for kind in kinds
        for field in fields
    ]  # fmt: skip


def _in(kind: str, *paths: str, group: str = "") -> list[FieldSpec]:
    return [FieldSpec(path, group, "", kind) for path in paths]


def _referrals() -> tuple[Referral, ...]:
    scaled = _in("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")
    ruled = [*_in("Role", "rules/resourceNames"), *_in("ClusterRole", "rules/resourceNames")]
    containers = ("containers", "initContainers")
    maps = _in_pods(
        _MOUNTING, "volumes/configMap/name", "volumes/projected/sources/configMap/name",
        *(f"{one}/env/valueFrom/configMapKeyRef/name" for one in containers),
        *(f"{one}/envFrom/configMapRef/name" for one in containers), core_pods=True,
    )  # fmt: skip
    secrets = _in_pods(
        _MOUNTING, "volumes/secret/secretName", "imagePullSecrets/name",
        "volumes/projected/sources/secret/name",
        *(f"{one}/env/valueFrom/secretKeyRef/name" for one in containers),
        *(f"{one}/envFrom/secretRef/name" for one in containers), core_pods=True,
    )  # fmt: skip
    annotation = "metadata/annotations/"
    nginx = f"{annotation}nginx.ingress.kubernetes.io\\/"
    bound = [*_in("RoleBinding", "roleRef/name", group=_RBAC)]
    everywhere = [*bound, *_in("ClusterRoleBinding", "roleRef/name", group=_RBAC)]
    tables: list[tuple[str, str, str, list[FieldSpec]]] = [
        *(("", "", kind, scaled)
          for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")),
        ("", "v1", "ConfigMap", [
            *maps, *ruled, *_in("Node", "spec/configSource/configMap"),
            *_in("Ingress", f"{nginx}fastcgi-params-configmap"),
        ]),
        ("", "v1", "Secret", [
            *secrets, *ruled, *_in("ServiceAccount", "imagePullSecrets/name"),
            *_in("Ingress", "spec/tls/secretName", f"{nginx}auth-secret",
                 f"{annotation}ingress.kubernetes.io\\/auth-secret", f"{nginx}auth-tls-secret"),
            *_in("StorageClass", "parameters/secretName", "parameters/adminSecretName",
                 "parameters/userSecretName", "parameters/secretRef"),
            *_in("PersistentVolume", "spec/azureFile/secretName"),
            FieldSpec("spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                      "serving.knative.dev", "v1", "Service"),
        ]),
        ("", "v1", "Service", [
            *_in("StatefulSet", "spec/serviceName", group="apps"),
            *_in("Ingress", "spec/rules/http/paths/backend/serviceName",
                 "spec/backend/serviceName", "spec/rules/http/paths/backend/service/name",
                 "spec/defaultBackend/service/name"),
            *_in("APIService", "spec/service/name", group="apiregistration.k8s.io"),
            *_in("ValidatingWebhookConfiguration", "webhooks/clientConfig/service", group=_HOOKS),
            *_in("MutatingWebhookConfiguration", "webhooks/clientConfig/service", group=_HOOKS),
        ]),
        (_RBAC, "", "Role", bound),
        (_RBAC, "", "ClusterRole", everywhere),
        ("", "v1", "ServiceAccount", [
            *_in("RoleBinding", "subjects", group=_RBAC),
            *_in("ClusterRoleBinding", "subjects", group=_RBAC),
            *_in_pods(_RUNNING, "serviceAccountName"),
        ]),
        ("", "v1", "PersistentVolumeClaim",
         _in_pods(_RUNNING, "volumes/persistentVolumeClaim/claimName")),
        ("", "v1", "PersistentVolume", [
            *_in("PersistentVolumeClaim", "spec/volumeName"),
            *_in("ClusterRole", "rules/resourceNames"),
        ]),
        ("storage.k8s.io", "v1", "StorageClass", [
            *_in("PersistentVolume", "spec/storageClassName"),
            *_in("PersistentVolumeClaim", "spec/storageClassName"),
            *_in("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ]),
        ("scheduling.k8s.io", "v1", "PriorityClass", _in_pods(_RUNNING, "priorityClassName")),
        ("networking.k8s.io/v1", "v1", "IngressClass", _in("Ingress", "spec/ingressClassName")),
        (_HOOKS, "", "ValidatingAdmissionPolicy",
         _in("ValidatingAdmissionPolicyBinding", "spec/policyName", group=_HOOKS)),
    ]  # fmt: skip
    return tuple(Referral(group, version, kind, tuple(fields))
                 for group, version, kind, fields in tables)  # fmt: skip


def _label_fields() -> tuple[FieldSpec, ...]:
    """Labels of the object and of what it makes."""
    metadata = "spec/template/metadata/labels"
    job = "spec/jobTemplate"
    return (
        FieldSpec("metadata/labels", create=True),
        FieldSpec(metadata, "", "v1", "ReplicationController", create=True),
        *(FieldSpec(metadata, "", "", kind, create=True)
          for kind in ("Deployment", "ReplicaSet", "DaemonSet")),
        FieldSpec(metadata, "apps", "", "StatefulSet", create=True),
        FieldSpec("spec/volumeClaimTemplates[]/metadata/labels", "apps", "", "StatefulSet",
                  create=True),
        FieldSpec(metadata, "batch", "", "Job", create=True),
        FieldSpec(f"{job}/metadata/labels", "batch", "", "CronJob", create=True),
        FieldSpec(f"{job}/{metadata}", "batch", "", "CronJob", create=True),
    )  # fmt: skip


def _selector_fields() -> tuple[FieldSpec, ...]:
    matching = "spec/selector/matchLabels"
    affinity = "spec/template/spec/affinity"
    term = "labelSelector/matchLabels"
    spread = [
        *(f"{affinity}/{one}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/{term}"
          for one in ("podAffinity", "podAntiAffinity")),
        *(f"{affinity}/{one}/requiredDuringSchedulingIgnoredDuringExecution/{term}"
          for one in ("podAffinity", "podAntiAffinity")),
        f"spec/template/spec/topologySpreadConstraints/{term}",
    ]  # fmt: skip
    policy = "networking.k8s.io"
    return (
        FieldSpec("spec/selector", "", "v1", "Service", create=True),
        FieldSpec("spec/selector", "", "v1", "ReplicationController", create=True),
        *(FieldSpec(matching, "", "", kind, create=True)
          for kind in ("Deployment", "ReplicaSet", "DaemonSet")),
        FieldSpec(matching, "apps", "", "StatefulSet", create=True),
        *(FieldSpec(path, "apps", "", kind)
          for kind in ("Deployment", "StatefulSet") for path in spread),
        FieldSpec(matching, "batch", "", "Job"),
        FieldSpec(f"spec/jobTemplate/{matching}", "batch", "", "CronJob"),
        FieldSpec(matching, "policy", "", "PodDisruptionBudget"),
        *(FieldSpec(f"spec/{path}/matchLabels", policy, "", "NetworkPolicy")
          for path in ("podSelector", "ingress/from/podSelector", "egress/to/podSelector")),
    )  # fmt: skip


def _annotation_fields() -> tuple[FieldSpec, ...]:
    pod = "spec/template/metadata/annotations"
    return (
        FieldSpec("metadata/annotations", create=True),
        FieldSpec(pod, "", "v1", "ReplicationController", create=True),
        *(FieldSpec(pod, "", "", kind, create=True)
          for kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")),
        FieldSpec(pod, "batch", "", "Job", create=True),
        FieldSpec("spec/jobTemplate/metadata/annotations", "batch", "", "CronJob", create=True),
        FieldSpec(f"spec/jobTemplate/{pod}", "batch", "", "CronJob", create=True),
    )  # fmt: skip


def _variable_fields() -> tuple[FieldSpec, ...]:
    kinds = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
    fields = [
        f"{one}/{field}"
        for one in ("containers", "initContainers")
        for field in ("args", "command", "env/value", "volumeMounts/mountPath")
    ]
    mounted = _in_pods(("DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet"),
                       "volumes/nfs/server")  # fmt: skip
    return (
        *_in_pods(kinds, *fields), *mounted,
        *_in("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
        *_in("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
        *_in("Deployment", "spec/template/metadata/annotations"),
        *_in("Ingress", "spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"),
        *_in("Service", "spec/ports/port", "spec/ports/targetPort"),
        *_in("PersistentVolume", "spec/nfs/server"),
        FieldSpec("metadata/labels"), FieldSpec("metadata/annotations"),
    )  # fmt: skip


# Names of the tables as configuration files call them.
TABLES: Final = (
    "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "templateLabels",
    "commonAnnotations", "varReference", "images", "replicas",
)  # fmt: skip


@lru_cache(maxsize=1)
def default_tables() -> Mapping[str, tuple[FieldSpec, ...]]:
    """The fields of each step."""
    labels = _label_fields()
    return {
        "namePrefix": (FieldSpec("metadata/name"),),
        "nameSuffix": (FieldSpec("metadata/name"),),
        "namespace": (
            FieldSpec("metadata/name", "", "", "Namespace", create=True),
            FieldSpec("spec/service/namespace", "apiregistration.k8s.io", "", "APIService",
                      create=True),
            FieldSpec("spec/conversion/webhook/clientConfig/service/namespace",
                      "apiextensions.k8s.io", "", "CustomResourceDefinition"),
        ),
        "commonLabels": (*_selector_fields(), *labels),
        "labels": (),
        "templateLabels": labels,
        "commonAnnotations": _annotation_fields(),
        "varReference": _variable_fields(),
        "images": tuple(
            FieldSpec(f"{pod}/{one}[]/image", create=True)
            for pod in ("spec", "spec/template/spec")
            for one in ("containers", "initContainers")
        ),
        "replicas": tuple(
            FieldSpec("spec/replicas", "", "", kind, create=True)
            for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")
        ),
    }  # fmt: skip


@lru_cache(maxsize=1)
def default_referrals() -> tuple[Referral, ...]:
    """The fields that name other objects."""
    return _referrals()


# What is certainly in no namespace, by group and kind (of any served version).
CLUSTER_SCOPED: Final = frozenset({
    (_HOOKS, "MutatingWebhookConfiguration"), (_HOOKS, "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IngressClass"), ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodSecurityPolicy"), (_RBAC, "ClusterRole"), (_RBAC, "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"), ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"), ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"), ("", "ComponentStatus"), ("", "Namespace"),
    ("", "Node"), ("", "NodeProxyOptions"), ("", "PersistentVolume"),
})  # fmt: skip
# The versions for which that is known: others count as namespaced, as with the real tool.
CLUSTER_VERSIONS: Final = {
    "flowcontrol.apiserver.k8s.io": ("v1beta1",), "policy": ("v1beta1",), "": ("v1",),
}  # fmt: skip
