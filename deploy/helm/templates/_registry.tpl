{{/* Ten seconds more than running bodies are given; the grace is written in seconds. */}}
{{- define "peili.graceSeconds" -}}
{{- $grace := .Values.peili.shutdownGrace -}}
{{- if not (regexMatch "^[0-9]+s$" $grace) -}}
{{- fail (printf "Cannot use peili.shutdownGrace %q: expected seconds, such as 20s" $grace) -}}
{{- end -}}
{{ add (trimSuffix "s" $grace | int) 10 }}
{{- end }}

{{- define "peili.registryArgs" -}}
{{- $spegel := .Values.spegel -}}
{{- $service := .Values.service -}}
- --log-level={{ $spegel.logLevel }}
- registry
- --local-addr={{ .Values.hostNetwork | ternary "127.0.0.1" "" }}:{{ include "peili.localPort" . }}
- --registry-addr={{ include "peili.address" (list . $service.registry.port) }}
- --router-addr={{ include "peili.address" (list . $service.router.port) }}
- --metrics-addr={{ include "peili.address" (list . $service.metrics.port) }}
- --registry-compat={{ .Values.peili.registryCompat }}
- --bootstrap-kind=dns
- --dns-bootstrap-domain={{ include "peili.bootstrapDomain" . }}
- --data-dir=/var/lib/peili
- --containerd-sock=/run/containerd/containerd.sock
- --containerd-namespace={{ $spegel.containerdNamespace }}
- --containerd-content-path=/var/lib/containerd/io.containerd.content.v1.content
- --mirror-resolve-timeout={{ $spegel.mirrorResolveTimeout }}
- --mirror-resolve-retries={{ $spegel.mirrorResolveRetries }}
- --match-repository={{ .Values.peili.matchRepository }}
- --shutdown-grace={{ .Values.peili.shutdownGrace }}
- --debug-web-enabled={{ $spegel.debugWebEnabled }}
- --flights={{ .Values.peili.flights }}
- --flight-hold={{ .Values.peili.flightHold }}
- --peer-transfer={{ .Values.peili.peerTransfer }}
- --max-uploads={{ .Values.peili.maxUploads }}
{{- range $flag := list "uploadLimit" "retainLayers" "retainLimit" "retainMinFree" }}
{{- with index $.Values.peili $flag }}
- --{{ kebabcase $flag }}={{ . }}
{{- end }}
{{- end }}
{{- with include "peili.listArgs" (list "--mirrored-registries" $spegel.mirroredRegistries) }}
{{ . }}
{{- end }}
{{- with include "peili.listArgs" (list "--registry-filters" $spegel.registryFilters) }}
{{ . }}
{{- end }}
{{- if include "peili.clusterSecretName" . }}
- --cluster-secret-file=/etc/peili/cluster-secret/{{ .Values.clusterSecret.key }}
{{- end }}
{{- range .Values.peili.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- define "peili.registryEnv" -}}
- name: NODE_IP
  {{- if .Values.service.registry.nodeIp }}
  value: {{ .Values.service.registry.nodeIp | quote }}
  {{- else }}
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
  {{- end }}
- name: ZONE
  {{- if .Values.peili.zone }}
  value: {{ .Values.peili.zone | quote }}
  {{- else }}
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['topology.kubernetes.io/zone']
  {{- end }}
# What "peili doctor" and "peili status" need to know in this container.
- name: PRESET
  value: {{ .Values.preset | default "kubeadm" }}
- name: METRICS_ADDR
  value: {{ include "peili.address" (list . .Values.service.metrics.port) | quote }}
- name: CONTAINERD_REGISTRY_CONFIG_PATH
  value: {{ include "peili.path" (list . "containerdRegistryConfigPath") }}
- name: HOST_ROOT
  value: /host
- name: HOST_PATHS
  value: {{ include "peili.hostPaths" . | quote }}
{{- $limit := include "peili.memoryLimitMiB" . | int }}
{{- if gt $limit 0 }}
# What is left of the limit after 96 MiB for everything that is not V8's heap.
- name: DENO_V8_FLAGS
  value: --max-old-space-size={{ max 48 (sub $limit 96) }}
{{- end }}
{{- with .Values.peili.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A probe asks the listener for containerd: nobody else's can be in the way there. */}}
{{- define "peili.probe" -}}
httpGet:
  {{- if (index . 0).Values.hostNetwork }}
  host: 127.0.0.1
  {{- end }}
  path: {{ index . 1 }}
  port: local
{{- end }}

{{- define "peili.registry" -}}
{{- $service := .Values.service -}}
- name: registry
  {{- include "peili.containerCommon" . | nindent 2 }}
  args:
    {{- include "peili.registryArgs" . | nindent 4 }}
  env:
    {{- include "peili.registryEnv" . | nindent 4 }}
  ports:
    - name: local
      containerPort: {{ include "peili.localPort" . }}
      hostPort: {{ include "peili.localPort" . }}
      hostIP: 127.0.0.1
      protocol: TCP
    - name: registry
      containerPort: {{ $service.registry.port }}
      protocol: TCP
    - name: router
      containerPort: {{ $service.router.port }}
      protocol: TCP
    - name: metrics
      containerPort: {{ $service.metrics.port }}
      protocol: TCP
  startupProbe:
    {{- include "peili.probe" (list . "/readyz") | nindent 4 }}
    periodSeconds: 1
    failureThreshold: 180
  readinessProbe:
    {{- include "peili.probe" (list . "/readyz") | nindent 4 }}
    periodSeconds: 5
  {{- if .Values.livenessProbe.enabled }}
  livenessProbe:
    {{- include "peili.probe" (list . "/livez") | nindent 4 }}
  {{- end }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- include "peili.containerdMount" . | nindent 4 }}
    - name: content
      mountPath: /var/lib/containerd/io.containerd.content.v1.content
      readOnly: true
    - name: data
      mountPath: /var/lib/peili
    {{- if include "peili.clusterSecretName" . }}
    - name: cluster-secret
      mountPath: /etc/peili/cluster-secret
      readOnly: true
    {{- end }}
    {{- if .Values.basicAuthSecretName }}
    {{- include "peili.basicAuthMount" . | nindent 4 }}
    {{- end }}
    {{- with include "peili.hostMounts" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}
