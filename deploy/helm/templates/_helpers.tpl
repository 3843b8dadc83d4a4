{{- define "peili.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "peili.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "peili.name" .) .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "peili.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "peili.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "peili.serviceAccountName" -}}
{{ default (include "peili.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{- define "peili.selectorLabels" -}}
app.kubernetes.io/name: {{ include "peili.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of an object: (list $ "component"). */}}
{{- define "peili.labels" -}}
{{- $ := index . 0 -}}
{{ include "peili.selectorLabels" $ }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name, namespace and labels of an object: (list $ "component" "name"). */}}
{{- define "peili.metadata" -}}
{{- $ := index . 0 -}}
name: {{ index . 2 }}
namespace: {{ include "peili.namespace" $ }}
labels:
  {{- include "peili.labels" (list $ (index . 1)) | nindent 2 }}
{{- end }}

{{- define "peili.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end }}
{{- end }}

{{/* One of the three paths of containerd: as given, else as the preset has it: (list $ "containerdSock"). */}}
{{- define "peili.path" -}}
{{- $ := index . 0 -}}
{{- $presets := $.Files.Get "files/presets.yaml" | fromYaml -}}
{{- $preset := $.Values.preset | default "kubeadm" -}}
{{- if not (hasKey $presets $preset) -}}
{{- fail (printf "There is no preset %q: expected %s" $preset (keys $presets | sortAlpha | join ", ")) -}}
{{- end -}}
{{ index $.Values.spegel (index . 1) | default (index $presets $preset (index . 1)) }}
{{- end }}

{{/* The port on 127.0.0.1 of the node that containerd asks at. */}}
{{- define "peili.localPort" -}}
{{ .Values.service.registry.hostPort | default .Values.service.registry.nodePort | int }}
{{- end }}

{{/* The address of a listener for others: (list $ port). */}}
{{- define "peili.address" -}}
{{- $ := index . 0 -}}
{{- if not $.Values.hostNetwork -}}
:{{ index . 1 | int }}
{{- else if eq $.Values.ipFamily "IPv6" -}}
[$(NODE_IP)]:{{ index . 1 | int }}
{{- else -}}
$(NODE_IP):{{ index . 1 | int }}
{{- end }}
{{- end }}

{{- define "peili.podIP" -}}
{{ if eq .Values.ipFamily "IPv6" }}[$(POD_IP)]{{ else }}$(POD_IP){{ end }}
{{- end }}

{{/* A quantity of memory, such as 256Mi, in MiB. */}}
{{- define "peili.mebibytes" -}}
{{- $text := . | toString -}}
{{- if not (regexMatch "^[0-9.]+(e[0-9]+)?([kKMGT]i?)?$" $text) -}}
{{- fail (printf "Cannot read the memory limit %q: expected a quantity such as 256Mi" $text) -}}
{{- end -}}
{{- $suffix := regexFind "([kKMGT]i?)?$" $text -}}
{{- $bytes := dict "" 1.0 "k" 1e3 "K" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{ divf (mulf (trimSuffix $suffix $text | float64) (get $bytes $suffix)) 1048576.0 | floor | int }}
{{- end }}

{{- define "peili.memoryLimitMiB" -}}
{{- $limit := ((.Values.resources).limits).memory -}}
{{- if $limit }}{{ include "peili.mebibytes" $limit }}{{ else }}0{{ end }}
{{- end }}

{{/* The name of the Secret that all nodes share; empty for none. */}}
{{- define "peili.clusterSecretName" -}}
{{- if .Values.clusterSecret.enabled -}}
{{ .Values.clusterSecret.existingSecret | default (printf "%s-cluster-secret" (include "peili.fullname" .)) }}
{{- end }}
{{- end }}

{{- define "peili.bootstrapDomain" -}}
{{ include "peili.fullname" . }}-bootstrap.{{ include "peili.namespace" . }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{/* The command of a container that must not have the permissions of the registry: (list "--allow-…" …). */}}
{{- define "peili.command" -}}
- /bin/deno
- run
- --no-prompt
- --no-config
- --no-lock
- --no-remote
- --no-npm
- --no-code-cache
- --unstable-no-legacy-abort
- --v8-flags=--max-semi-space-size=2
- --deny-import
- --ignore-env
{{- range . }}
- {{ . }}
{{- end }}
- /peili.js
{{- end }}
