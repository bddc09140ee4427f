{{/*
Names are fixed, not derived from the release: the kinds are cluster-wide, so a cluster has one Wiremesh,
and its objects have the same names everywhere.
*/}}

{{/*
wiremesh.labels (dict "root" $ "component" "operator" "extra" .labels): labels of every object. Labels used by selectors and
Helm cannot be overridden; all others can.
*/}}
{{- define "wiremesh.labels" -}}
{{- $own := include "wiremesh.selectorLabels" . | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/version" .root.Chart.AppVersion }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) }}
{{- include "wiremesh.withChosenLabels" (dict "own" $own "in" .) }}
{{- end }}

{{/* wiremesh.podLabels: labels of pods. Versions are not among them: a new chart with the same image restarts nothing. */}}
{{- define "wiremesh.podLabels" -}}
{{- include "wiremesh.withChosenLabels" (dict "own" (include "wiremesh.selectorLabels" . | fromYaml) "in" .) }}
{{- end }}

{{- define "wiremesh.withChosenLabels" -}}
{{- $extra := .in.extra | default dict }}
{{- $common := .in.root.Values.commonLabels | default dict }}
{{- toYaml (merge (dict) .own $extra $common (dict "app.kubernetes.io/part-of" "wiremesh")) }}
{{- end }}

{{- define "wiremesh.selectorLabels" -}}
app.kubernetes.io/name: wiremesh
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* wiremesh.image (dict "root" $ "image" .Values.operator.image) */}}
{{- define "wiremesh.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end }}
{{- end }}

{{/*
wiremesh.manifests (dict "root" $ "component" "agent" "file" "files/rbac/agent.yaml"): the objects of a plain YAML file, which is
written for the namespace wiremesh-system, in this release's namespace and with this chart's labels. ServiceAccounts
are left out: they have values of their own.
*/}}
{{- define "wiremesh.manifests" -}}
{{- $root := .root }}
{{- $namespace := .root.Release.Namespace }}
{{- $labels := include "wiremesh.labels" . | fromYaml }}
{{- range $document := regexSplit "(?m)^---[ \t]*$" (.root.Files.Get .file) -1 }}
{{- $document = $document | replace "system:serviceaccount:wiremesh-system:" (printf "system:serviceaccount:%s:" $namespace) }}
{{- $object := fromYaml $document }}
{{- if and $object $object.kind (ne $object.kind "ServiceAccount") }}
{{- if eq ($object.metadata.namespace | default "") "wiremesh-system" }}
{{- $_ := set $object.metadata "namespace" $namespace }}
{{- end }}
{{- range $subject := $object.subjects }}
{{- if eq ($subject.namespace | default "") "wiremesh-system" }}
{{- $_ := set $subject "namespace" $namespace }}
{{- end }}
{{- end }}
{{- $_ := set $object.metadata "labels" (merge (dict) $labels ($object.metadata.labels | default dict)) }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether agents listen on the node's address. */}}
{{- define "wiremesh.agentExposed" -}}
{{- if or .Values.agent.http.exposed .Values.monitoring.podMonitor.enabled }}true{{ end }}
{{- end }}

{{/* wiremesh.requirePrometheusOperator (dict "root" $ "value" "monitoring.podMonitor.enabled") */}}
{{- define "wiremesh.requirePrometheusOperator" -}}
{{- if not (or .root.Values.monitoring.assumePrometheusOperator (.root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- fail (printf "%s is true, but this cluster does not offer monitoring.coreos.com/v1: install the Prometheus Operator's CRDs first, or set it to false (for `helm template` without a cluster: --set monitoring.assumePrometheusOperator=true)." .value) }}
{{- end }}
{{- end }}
