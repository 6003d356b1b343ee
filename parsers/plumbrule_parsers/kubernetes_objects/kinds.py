"""Kinds: the schema's kind for each kind of the Kubernetes API."""

from __future__ import annotations

import re

WORKLOADS = {
    "Pod": "k8s.Pod", "Deployment": "k8s.Deployment", "StatefulSet": "k8s.StatefulSet",
    "DaemonSet": "k8s.DaemonSet", "ReplicaSet": "k8s.ReplicaSet",
    "ReplicationController": "k8s.ReplicationController", "Job": "k8s.Job",
    "CronJob": "k8s.CronJob",
}  # fmt: skip
WORKLOAD_KINDS = frozenset((*WORKLOADS.values(), "k8s.CustomWorkload"))
# Custom resources with a pod template at `spec.template`.
_CUSTOM_WORKLOADS = {
    ("argoproj.io", "Rollout"), ("serving.knative.dev", "Service"), ("apps.kruise.io", "CloneSet"),
    ("apps.kruise.io", "StatefulSet"), ("apps.kruise.io", "DaemonSet"),
    ("apps.openshift.io", "DeploymentConfig"),
}  # fmt: skip
_PLAIN = {
    "Service": "k8s.Service", "Ingress": "k8s.Ingress", "NetworkPolicy": "k8s.NetworkPolicy",
    "HorizontalPodAutoscaler": "k8s.HorizontalPodAutoscaler",
    "PodDisruptionBudget": "k8s.PodDisruptionBudget", "ServiceAccount": "k8s.ServiceAccount",
    "Role": "k8s.Role", "ClusterRole": "k8s.Role", "RoleBinding": "k8s.RoleBinding",
    "ClusterRoleBinding": "k8s.RoleBinding", "Secret": "k8s.Secret", "ConfigMap": "k8s.ConfigMap",
    "PersistentVolumeClaim": "k8s.PersistentVolumeClaim", "Namespace": "k8s.Namespace",
}  # fmt: skip
_BUILTIN_GROUPS = re.compile(
    r"(?:v1|apps/|batch/|extensions/|autoscaling/|policy/|[\w.]+\.k8s\.io/)"
)
_SPECIAL = {
    ("argoproj.io", "Application"): "argo.Application",
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "flux.Kustomization",
    ("velero.io", "Schedule"): "velero.Schedule",
    ("keda.sh", "ScaledObject"): "k8s.ScaledObject",
    ("external-secrets.io", "ExternalSecret"): "k8s.ExternalSecret",
    ("external-secrets.io", "SecretStore"): "k8s.ExternalSecret",
    ("external-secrets.io", "ClusterSecretStore"): "k8s.ExternalSecret",
    ("bitnami.com", "SealedSecret"): "k8s.ExternalSecret",
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): "k8s.ExternalSecret",
    ("gateway.networking.k8s.io", "HTTPRoute"): "k8s.Route",
    ("gateway.networking.k8s.io", "GRPCRoute"): "k8s.Route",
    ("gateway.networking.k8s.io", "TCPRoute"): "k8s.Route",
    ("gateway.networking.k8s.io", "TLSRoute"): "k8s.Route",
    ("networking.istio.io", "VirtualService"): "k8s.Route",
}
# Kinds whose attributes are those that the object has, and those of its `spec`.
OPEN = (
    "k8s.CustomObject",
    "flux.Kustomization",
    "k8s.ExternalSecret",
    "k8s.Route",
    "k8s.ScaledObject",
)


def kind_of(group: str, api_version: str, api_kind: str) -> str:
    """The schema's kind; what has none of its own is a `k8s.CustomObject`."""
    if (group, api_kind) in _CUSTOM_WORKLOADS:
        return "k8s.CustomWorkload"
    if _BUILTIN_GROUPS.match(api_version + "/"):
        found = WORKLOADS.get(api_kind) or _PLAIN.get(api_kind)
        if found is not None:
            return found
    return _SPECIAL.get((group, api_kind)) or "k8s.CustomObject"
