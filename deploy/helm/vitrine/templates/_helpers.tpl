{{- /* Labels that name a part of the site; takes its name. */ -}}
{{- define "vitrine.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: vitrine
{{- end -}}

{{- define "vitrine.select" -}}
{matchLabels: {app.kubernetes.io/name: {{ . }}, app.kubernetes.io/part-of: vitrine}}
{{- end -}}

{{- /* Nobody is root, and nothing is written but volumes. */ -}}
{{- define "vitrine.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "vitrine.container" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "vitrine.user" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "vitrine.kafka" -}}
{{- if .Values.kafka.strimzi.enabled }}
- {name: VITRINE_KAFKA_SERVERS, value: "vitrine-kafka-bootstrap:9093"}
- {name: VITRINE_KAFKA_PROTOCOL, value: SASL_SSL}
- {name: VITRINE_KAFKA_MECHANISM, value: SCRAM-SHA-512}
- {name: VITRINE_KAFKA_CAFILE, value: /kafka-ca/ca.crt}
{{- else }}
- {name: VITRINE_KAFKA_SERVERS, value: {{ .Values.kafka.servers | quote }}}
- {name: VITRINE_KAFKA_PROTOCOL, value: {{ .Values.kafka.protocol }}}
- {name: VITRINE_KAFKA_MECHANISM, value: {{ .Values.kafka.mechanism }}}
{{- end }}
{{- end -}}

{{- /* Files of the secret under /run/secrets; takes file → name. */ -}}
{{- define "vitrine.secrets" -}}
- name: secrets
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    items:
      {{- range $file, $name := .files }}
      - {key: {{ $file }}, path: {{ $name }}}
      {{- end }}
{{- end -}}

{{- define "vitrine.claims" -}}
config: {{ .Values.config.claim | default "vitrine-config" }}
people: {{ .Values.people.claim | default "vitrine-people" }}
{{- end -}}
