{{/*
The directories of the node that "peili doctor" reads in the container of the registry, which itself may not: that of
containerd's configuration, with the hosts.toml files in it, or all of /etc.
*/}}
{{- define "peili.hostDirectories" -}}
{{- $config := dir (include "peili.path" (list . "containerdConfig")) -}}
{{- $registry := include "peili.path" (list . "containerdRegistryConfigPath") -}}
{{- $found := list -}}
{{- if .Values.doctor.hostFiles -}}
{{- $found = append $found (dict "name" "host-etc" "path" "/etc" "type" "Directory") -}}
{{- end -}}
{{- if and .Values.doctor.containerdFiles (not (and .Values.doctor.hostFiles (hasPrefix "/etc/" $config))) -}}
{{- $found = append $found (dict "name" "containerd-config" "path" $config "type" "DirectoryOrCreate") -}}
{{- end -}}
{{- $seen := false -}}
{{- range $found -}}
{{- $seen = or $seen (hasPrefix (printf "%s/" .path) $registry) -}}
{{- end -}}
{{- if and .Values.spegel.containerdMirrorAdd (not $seen) -}}
{{- $found = append $found (dict "name" "registry-config" "path" $registry) -}}
{{- end -}}
{{ toJson $found }}
{{- end }}

{{- define "peili.hostPaths" -}}
{{- $paths := list -}}
{{- range include "peili.hostDirectories" . | fromJsonArray }}{{ $paths = append $paths .path }}{{ end -}}
{{ join "," $paths }}
{{- end }}

{{- define "peili.hostMounts" -}}
{{- range include "peili.hostDirectories" . | fromJsonArray }}
- name: {{ .name }}
  mountPath: /host{{ .path }}
  readOnly: true
{{- end }}
{{- end }}

{{/* "registry-config" is there for the init container anyway. */}}
{{- define "peili.hostVolumes" -}}
{{- range include "peili.hostDirectories" . | fromJsonArray }}
{{- if ne .name "registry-config" }}
- name: {{ .name }}
  hostPath:
    path: {{ .path }}
    type: {{ .type }}
{{- end }}
{{- end }}
{{- end }}
