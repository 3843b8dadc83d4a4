{{/* What all pods have in common: (list $ "service account"). */}}
{{- define "peili.podCommon" -}}
{{- $ := index . 0 -}}
serviceAccountName: {{ index . 1 }}
automountServiceAccountToken: false
enableServiceLinks: false
hostNetwork: {{ $.Values.hostNetwork }}
dnsPolicy: {{ $.Values.hostNetwork | ternary "ClusterFirstWithHostNet" "ClusterFirst" }}
{{- with $.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where pods run that belong on every node. */}}
{{- define "peili.placement" -}}
priorityClassName: {{ .Values.priorityClassName | quote }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What all containers have in common. */}}
{{- define "peili.containerCommon" -}}
image: {{ include "peili.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- $context := deepCopy .Values.securityContext }}
  {{- with .Values.seLinuxOptions }}
  {{- $_ := set $context "seLinuxOptions" . }}
  {{- end }}
  {{- toYaml $context | nindent 2 }}
{{- end }}

{{/* Small limits for containers that do one thing and end. */}}
{{- define "peili.smallResources" -}}
resources:
  requests:
    memory: 64Mi
  limits:
    memory: 192Mi
{{- end }}

{{- define "peili.basicAuthVolume" -}}
- name: basic-auth
  secret:
    secretName: {{ .Values.basicAuthSecretName }}
    defaultMode: 256 # 0400: readers of YAML do not agree on how to write that
{{- end }}

{{- define "peili.basicAuthMount" -}}
- name: basic-auth
  mountPath: /etc/secrets/basic-auth
  readOnly: true
{{- end }}

{{- define "peili.registryConfigVolume" -}}
- name: registry-config
  hostPath:
    path: {{ include "peili.path" (list . "containerdRegistryConfigPath") }}
    type: DirectoryOrCreate
{{- end }}

{{/* The directory, not the socket: a socket that containerd makes anew when it starts again would never be seen. */}}
{{- define "peili.containerdVolume" -}}
- name: containerd
  hostPath:
    path: {{ include "peili.path" (list . "containerdSock") | dir }}
    type: Directory
{{- end }}

{{/* What containerd unmounts on the host has to go here too. */}}
{{- define "peili.containerdMount" -}}
- name: containerd
  mountPath: /run/containerd
  mountPropagation: HostToContainer
  readOnly: true
{{- end }}

{{- define "peili.registryConfigMount" -}}
- name: registry-config
  mountPath: /etc/containerd/certs.d
{{- end }}

{{/* Arguments of a flag that takes several values: (list "--flag" values). */}}
{{- define "peili.listArgs" -}}
{{- $flag := index . 0 -}}
{{- range $at, $value := index . 1 }}
{{- if $at }}
{{ end -}}
- {{ printf "%s=%s" $flag $value | quote }}
{{- end }}
{{- end }}

{{- define "peili.configuration" -}}
{{- $read := empty .Values.basicAuthSecretName | ternary "/etc/containerd/certs.d" "/etc/containerd/certs.d,/etc/secrets/basic-auth" -}}
- name: configuration
  {{- include "peili.containerCommon" . | nindent 2 }}
  command:
    {{- include "peili.command" (list (printf "--allow-read=%s" $read) "--allow-write=/etc/containerd/certs.d") | nindent 4 }}
  args:
    - --log-level={{ .Values.spegel.logLevel }}
    - configuration
    - --mirror-targets=http://127.0.0.1:{{ include "peili.localPort" . }}
    {{- with include "peili.listArgs" (list "--mirror-targets" .Values.spegel.additionalMirrorTargets) }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with include "peili.listArgs" (list "--mirrored-registries" .Values.spegel.mirroredRegistries) }}
    {{- . | nindent 4 }}
    {{- end }}
    - --resolve-tags={{ .Values.spegel.resolveTags }}
    - --prepend-existing={{ .Values.spegel.prependExisting }}
  {{- include "peili.smallResources" . | nindent 2 }}
  volumeMounts:
    {{- include "peili.registryConfigMount" . | nindent 4 }}
    {{- if .Values.basicAuthSecretName }}
    {{- include "peili.basicAuthMount" . | nindent 4 }}
    {{- end }}
{{- end }}
