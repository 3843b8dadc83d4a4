import assert from "@std/assert";
import { EXISTING_SECRET, renderChart } from "./render.ts";
import { missingForDeploy } from "./setup/missing.ts";

const ignore = await missingForDeploy() !== undefined;

/** What has to be switched on for some values to matter. */
const SWITCHED_ON = [
  EXISTING_SECRET,
  "hostNetwork=false",
  "serviceMonitor.enabled=true",
  "grafanaDashboard.enabled=true",
  "verticalPodAutoscaler.enabled=true",
];

/** The same, with Grafana's operator. */
const WITH_OPERATOR = [...SWITCHED_ON, "grafanaDashboard.mode=GrafanaOperator"];

/** Every value of Spegel's chart, with another one than its default; older charts had the last two. */
const NAMES = [
  "image.repository=a",
  "image.pullPolicy=Always",
  "image.tag=v9",
  "image.digest=sha256:0",
  "imagePullSecrets[0].name=a",
  "nameOverride=a",
  "fullnameOverride=a",
  "namespaceOverride=a",
  "serviceAccount.annotations.a=b",
  "serviceAccount.name=a",
  "daemonsetAnnotations.a=b",
  "podAnnotations.a=b",
  "podSecurityContext.fsGroup=1",
  "revisionHistoryLimit=3",
  "securityContext.readOnlyRootFilesystem=false",
  "service.registry.nodeIp=10.0.0.1",
  "service.registry.port=5005",
  "service.registry.nodePort=30025",
  "service.registry.annotations.a=b",
  "service.registry.internalTrafficLocal=true",
  "service.router.port=5006",
  "service.metrics.port=9095",
  "service.metrics.annotations.a=b",
  "service.bootstrap.annotations.a=b",
  "service.cleanup.port=8085",
  "service.cleanup.annotations.a=b",
  "resources.limits.memory=1Gi",
  "nodeSelector.a=b",
  "updateStrategy.type=OnDelete",
  "tolerations[0].key=a",
  "affinity.nodeAffinity.a=b",
  "commonLabels.a=b",
  "clusterDomain=a.b.",
  "serviceMonitor.enabled=false",
  "serviceMonitor.interval=5s",
  "serviceMonitor.scrapeTimeout=4s",
  "serviceMonitor.labels.a=b",
  "serviceMonitor.relabelings[0].action=a",
  "serviceMonitor.metricRelabelings[0].action=a",
  "grafanaDashboard.enabled=false",
  "grafanaDashboard.labels.a=b",
  "grafanaDashboard.annotations.a=b",
  "networkPolicy.enabled=false",
  "priorityClassName=a",
  "basicAuthSecretName=a",
  "spegel.logLevel=DEBUG",
  "spegel.persistence.enabled=false",
  "spegel.persistence.path=/a",
  "spegel.persistence.hostPath=/a",
  "spegel.mirroredRegistries[0]=https://a.test",
  "spegel.additionalMirrorTargets[0]=http://a.test",
  "spegel.mirrorResolveRetries=9",
  "spegel.mirrorResolveTimeout=9ms",
  "spegel.containerdSock=/a/containerd.sock",
  "spegel.containerdNamespace=a",
  "spegel.containerdRegistryConfigPath=/a",
  "spegel.containerdContentPath=/a",
  "spegel.containerdMirrorAdd=false",
  "spegel.resolveTags=false",
  "spegel.registryFilters[0]=a",
  "spegel.prependExisting=true",
  "spegel.debugWebEnabled=false",
  "verticalPodAutoscaler.enabled=false",
  "verticalPodAutoscaler.recommenders[0].name=a",
  "verticalPodAutoscaler.controlledResources[0]=memory",
  "verticalPodAutoscaler.maxAllowed.memory=1Gi",
  "verticalPodAutoscaler.minAllowed.memory=1Gi",
  "verticalPodAutoscaler.updatePolicy.updateMode=Off",
  "livenessProbe.enabled=true",
  "extraVolumes[0].name=a",
  "extraInitContainers[0].name=a",
  "service.registry.hostPort=30026",
  "service.registry.topologyAwareHintsEnabled=true",
];

/** Values for Grafana's operator alone. */
const OPERATOR_NAMES = [
  "grafanaDashboard.grafanaOperator.allowCrossNamespaceImport=false",
  "grafanaDashboard.grafanaOperator.folder=a",
  "grafanaDashboard.grafanaOperator.resyncPeriod=1m",
  "grafanaDashboard.grafanaOperator.matchLabels.a=b",
];

const WARNING_REGEXP = /^# WARNING: .*$/gm;

/** Sees that a value changes an object, or that a warning names it. */
async function assertTaken(setting: string, base: readonly string[], without: string): Promise<void> {
  const text = await renderChart({ set: [...base, setting] });
  if (text.replaceAll(WARNING_REGEXP, "") !== without.replaceAll(WARNING_REGEXP, "")) return;
  const name = setting.replace(/=.*$/, "").replace(/\.a$/, "");
  assert.match(text, new RegExp(`^# WARNING: ${name} has no effect: `, "m"), setting);
}

Deno.test({
  name: "every value of Spegel's chart changes what is rendered, or a line says that it has no effect",
  ignore,
  fn: async () => {
    const without = await renderChart({ set: SWITCHED_ON });
    for (const setting of NAMES) await assertTaken(setting, SWITCHED_ON, without);
    const withOperator = await renderChart({ set: WITH_OPERATOR });
    for (const setting of OPERATOR_NAMES) await assertTaken(setting, WITH_OPERATOR, withOperator);
  },
});

Deno.test({
  name: "values that nobody gave are not warned of",
  ignore,
  fn: async () => assert.doesNotMatch(await renderChart({ set: [EXISTING_SECRET] }), /WARNING/),
});
