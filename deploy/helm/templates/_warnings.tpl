{{/* What is taken, but not as whoever gave it may think: lines in JSON. */}}
{{- define "peili.warnings" -}}
{{- $lines := list -}}
{{- $registry := .Values.service.registry -}}
{{- $limit := include "peili.memoryLimitMiB" . | int -}}
{{- if and (gt $limit 0) (lt $limit 192) -}}
{{- $lines = append $lines (printf "the memory limit is %d MiB. Spegel's default of 128Mi is too little for Peili: give at least 192Mi, better 256Mi (resources.limits.memory)." $limit) -}}
{{- end -}}
{{- range list "annotations" "internalTrafficLocal" "topologyAwareHintsEnabled" -}}
{{- if hasKey $registry . -}}
{{- $lines = append $lines (printf "service.registry.%s has no effect: there is no Service that containerd goes through, it asks 127.0.0.1 of its node." .) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.spegel.persistence "path" -}}
{{- $lines = append $lines "spegel.persistence.path has no effect: the directory on the node is spegel.persistence.hostPath, and the one in the container is always the same." -}}
{{- end -}}
{{- if not .Values.clusterSecret.enabled -}}
{{- $lines = append $lines (printf "there is no cluster secret: whoever reaches ports %d and %d of a node is believed to be a node." ($registry.port | int) (.Values.service.router.port | int)) -}}
{{- end -}}
{{ toJson $lines }}
{{- end }}
