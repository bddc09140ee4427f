package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.cli.completion.Completer;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.Command;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a real API server, with an administrator's rights and with fewer. */
@RequiresKubernetes
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubectlTest {
  private static final String NAMESPACE = "kubectl-test";
  private static final String ELSEWHERE = "kubectl-test-elsewhere";
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final ControlPlane controlPlane;
  private final KubernetesClient admin;
  private final List<HasMetadata> created = new ArrayList<>();
  private Result withoutKinds = new Result(-1, "", "");
  @TempDir private Path folder;

  KubectlTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    this.admin =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .build();
  }

  @BeforeAll
  void createObjects() throws IOException {
    namespace(NAMESPACE);
    namespace(ELSEWHERE);
    withoutKinds = run("conf", "laptop");
    installKinds();
    network(
        """
        status:
          observedGeneration: 1
          nodes: {total: 1, ready: 1}
          peers: {total: 3, connected: 1}
          pools: [{name: v4, capacity: "65534", free: "65530"}]
          conditions:
          - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
    node();
    peer(NAMESPACE, "office", published("office", "site-router"));
    secret("office", Corpus.named("site-router").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "long", "");
    secret("long", Corpus.named("full-tunnel-cut-ipv6").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "brought", "");
    secret("brought", Corpus.named("public-key-only").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "foreign", "");
    secret("foreign", "hello", "Opaque");
    peer(NAMESPACE, "young", "");
    peer(
        NAMESPACE,
        "refused",
        """
        status:
          observedGeneration: 1
          conditions:
          - {type: Accepted, status: "True", reason: Accepted, message: ok, lastTransitionTime: "2026-01-01T00:00:00Z"}
          - {type: AddressAllocated, status: "False", reason: AddressInUse, message: 10.70.0.7 belongs to Peer a/b., lastTransitionTime: "2026-01-01T00:00:00Z"}
          - {type: Ready, status: "False", reason: AddressInUse, message: 10.70.0.7 belongs to Peer a/b., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
    peer(ELSEWHERE, "tablet", "");
    peer(NAMESPACE, "home", "");
  }

  @AfterAll
  void removeObjects() {
    created.reversed().forEach(it -> admin.resource(it).delete());
    admin.close();
  }

  // --- conf ---

  @Test
  void wgQuickIsTheSecretsFileByteForByte() {
    var result = run("conf", "office");
    assertThat(result.errors()).isEmpty();
    assertThat(result.output()).isEqualTo(Corpus.named("site-router").configuration());
    assertThat(result.status()).isZero();
  }

  @Test
  void fileIsTheOwnersAloneAndNeverOverAnother() throws IOException {
    var file = folder.resolve("wg0.conf");
    assertThat(run("conf", "office", "-o", file.toString()).status()).isZero();
    assertThat(file).content().isEqualTo(Corpus.named("site-router").configuration());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");

    Files.writeString(file, "mine");
    assertThat(run("conf", "office", "-o", file.toString()))
        .isEqualTo(
            new Result(
                1,
                "",
                "kubectl wiremesh: %s exists: write --force to replace it, or another name after -o\n"
                    .formatted(file)));
    assertThat(file).content().isEqualTo("mine");

    assertThat(run("conf", "office", "-o", file.toString(), "--force").status()).isZero();
    assertThat(file).content().startsWith("# default/subject");
  }

  @Test
  void networkdIsTwoFilesNamedByTheInterface() throws IOException {
    var printed = run("conf", "office", "--format", "networkd");
    assertThat(printed.output())
        .contains("# wg-home.netdev\n", "Kind=wireguard\n", "# wg-home.network\n")
        .contains("IPMasquerade=ipv4\n");
    var options = List.of("--format", "networkd", "--interface", "wg9", "-o", folder.toString());
    var words = new ArrayList<>(List.of("conf", "office"));
    words.addAll(options);
    assertThat(run(words.toArray(String[]::new)).status()).isZero();
    assertThat(folder.resolve("wg9.netdev")).content().contains("Name=wg9\n");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("wg9.netdev"))))
        .isEqualTo("rw-------");
    Files.delete(folder.resolve("wg9.netdev"));
    assertThat(run(words.toArray(String[]::new)).errors()).contains("wg9.network exists");
    assertThat(folder.resolve("wg9.netdev")).doesNotExist();
  }

  @Test
  void openWrtIsAScriptWithTheForwardingOfTheRoutes() {
    assertThat(run("conf", "office", "--format", "openwrt").output())
        .contains("uci set network.wg_home.proto='wireguard'\n")
        .contains("uci set firewall.wg_home_in.dest='lan'\n");
  }

  @Test
  void formatAfterDashOIsNotTakenForAFile() {
    assertThat(run("conf", "office", "-o", "networkd").errors())
        .contains("write --format networkd");
  }

  @Test
  void mistypedNameIsAnsweredWithNearOnes() {
    assertThat(run("conf", "ofice"))
        .isEqualTo(
            new Result(
                1,
                "",
                "kubectl wiremesh: there is no Peer ofice in namespace kubectl-test; did you mean office?\n"));
  }

  @Test
  void peerOfAnotherNamespaceIsFound() {
    assertThat(run("conf", "tablet").errors())
        .isEqualTo(
            "kubectl wiremesh: there is no Peer tablet in namespace kubectl-test, but in namespace kubectl-test-elsewhere: write -n kubectl-test-elsewhere\n");
  }

  @Test
  void missingConfigurationIsExplainedByTheConditions() {
    assertThat(run("conf", "refused").errors())
        .isEqualTo(
            "kubectl wiremesh: Peer kubectl-test/refused has no configuration yet: AddressAllocated is False (AddressInUse): 10.70.0.7 belongs to Peer a/b.\n");
    assertThat(run("conf", "young").errors()).contains("the operator has not looked at it");
  }

  @Test
  void secretOfSomebodyElseIsNotPrinted() {
    var result = run("conf", "foreign");
    assertThat(result.output()).isEmpty();
    assertThat(result.errors()).contains("is not Wiremesh's").contains("Opaque");
  }

  // --- rights and connection ---

  @Test
  @RequiresTool("kubectl")
  void missingRightIsNamedWithTheCommandsThatGiveIt() {
    var result = run("conf", "office", "--as", "jane");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.errors())
        .startsWith(
            "kubectl wiremesh: you (jane) may not get secrets office-wiremesh in namespace kubectl-test. An administrator can allow it:\n");
    var commands = result.errors().lines().filter(line -> line.startsWith("  kubectl ")).toList();
    assertThat(commands).hasSize(2);
    for (var command : commands) {
      Command.of(List.of(command.strip().split(" ")))
          .withEnvironment("KUBECONFIG", controlPlane.adminKubeconfigFile().toString())
          .check();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(run("conf", "office", "--as", "jane").output())
                .isEqualTo(Corpus.named("site-router").configuration()));
  }

  @Test
  void wgQuickNeedsNoRightButTheOneSecret() {
    admin
        .rbac()
        .roles()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName("one-secret")
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("secrets")
                .withResourceNames("office-wiremesh")
                .withVerbs("get")
                .endRule()
                .build())
        .serverSideApply();
    admin
        .rbac()
        .roleBindings()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("one-secret")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "one-secret")
                .addNewSubject("rbac.authorization.k8s.io", "User", "joe", null)
                .build())
        .serverSideApply();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(run("conf", "office", "--as", "joe").status()).isZero());
    assertThat(run("conf", "office", "--as", "joe", "--format", "openwrt").errors())
        .contains("you (joe) may not get peers.wiremesh.dev office in namespace kubectl-test")
        .contains("--resource=peers.wiremesh.dev --resource-name=office\n");
  }

  @Test
  void clusterWithoutTheKindsIsSaidToHaveNoWiremesh() {
    assertThat(withoutKinds.status()).isEqualTo(1);
    assertThat(withoutKinds.errors())
        .contains("has no Wiremesh: its kinds (wiremesh.dev/v1alpha1) are not installed");
  }

  @Test
  void apiServerThatIsAwayIsNamedAndSoIsARefusedToken() throws IOException {
    var text = controlPlane.adminKubeconfig();
    var away =
        Files.writeString(
            folder.resolve("away"), text.replace(controlPlane.server(), "https://127.0.0.1:1"));
    assertThat(runWith(away, "conf", "office").errors())
        .startsWith("kubectl wiremesh: cannot reach the API server https://127.0.0.1:1/: ");
    var refused =
        Files.writeString(
            folder.resolve("refused"), text.replaceFirst("token: \\w+", "token: wrong"));
    assertThat(runWith(refused, "conf", "office").errors())
        .contains("refuses your credentials: log in again");
  }

  @Test
  void kubeconfigThatIsMissingOrHasNoSuchContextIsSaid() {
    assertThat(runWith(folder.resolve("none"), "status").errors())
        .isEqualTo("kubectl wiremesh: cannot read the kubeconfig " + folder.resolve("none") + "\n");
    assertThat(run("status", "--context", "nowhere").errors())
        .isEqualTo("kubectl wiremesh: the kubeconfig has no context nowhere; it has: wiremesh\n");
  }

  // --- qr ---

  @Test
  void qrIsPrintedOrWrittenAsAPictureOfTheOwnersAlone() throws IOException {
    var printed = run("qr", "office");
    assertThat(printed.output()).contains("▀");
    assertThat(printed.errors()).startsWith("PostUp, PostDown left out");
    var file = folder.resolve("office.png");
    assertThat(run("qr", "office", "-o", file.toString()).status()).isZero();
    assertThat(ImageIO.read(file.toFile())).isNotNull();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(run("qr", "office", "-o", file.toString()).errors()).contains("exists");
    assertThat(run("qr", "office", "-o", "office.jpg").errors()).contains("ends with .png");
  }

  @Test
  void qrIsRefusedForAConfigurationThatIsTooLongAndForOneWithoutItsKey() {
    assertThat(run("qr", "long").errors())
        .contains("is too long for one QR code: it has ", "a code holds 2953");
    assertThat(run("qr", "brought").errors()).contains("brought its own public key");
  }

  // --- status ---

  @Test
  void statusShowsWhatIsConnectedAndWhyTheRestIsNot() {
    var result = run("status");
    assertThat(result.errors()).isEmpty();
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.output())
        .contains("NETWORK   NODES   PEERS   CONNECTED   FREE    READY   WHY\n")
        .contains("home      1/1     3       1           65530   True\n")
        .containsPattern("office +home +10.70.0.5 +Stale +\\d+d +True +HandshakeStale: too old")
        .containsPattern("refused +home +- +Unknown +- +False +AddressInUse: 10.70.0.7 belongs")
        .doesNotContain("tablet");
    assertThat(run("status", "-A").output()).contains("tablet").startsWith("NETWORK");
    assertThat(run("status", "-o", "wide").output()).contains("PUBLIC-KEY", "10.70.0.0/16");
  }

  @Test
  void statusOfOneReadyPeerShowsConditionsAndRoutesAndEndsWithZero() {
    var result = run("status", "office");
    assertThat(result.status()).isZero();
    assertThat(result.output())
        .contains("CONDITION   STATUS   REASON           MESSAGE\n")
        .contains("ROUTE")
        .doesNotContain("NODES");
  }

  @Test
  void statusIsReadByMachines() throws IOException {
    var json = new ObjectMapper().readTree(run("status", "peer/office", "-o", "json").output());
    assertThat(json.at("/peers/0/session/state").asText()).isEqualTo("Stale");
    assertThat(json.at("/peers/0/health/ready").asText()).isEqualTo("True");
    var yaml = new YAMLMapper().readTree(run("status", "network/home", "-o", "yaml").output());
    assertThat(yaml.at("/networks/0/nodes/all").asInt()).isEqualTo(1);
  }

  @Test
  void nameOfAPeerAndOfANetworkHasToBeTold() {
    assertThat(run("status", "home").errors()).contains("write peer/home or network/home");
    assertThat(run("status", "network/home").output()).contains("CONDITION");
    assertThat(run("status", "network/hme").errors()).contains("did you mean home?");
    assertThat(run("status", "nothing-like-it").errors()).contains("there is no Peer");
    assertThat(run("status", "pod/x").errors()).contains("write peer/x or network/x");
  }

  @Test
  void statusWithoutTheRightToListNetworksShowsPeers() {
    admin
        .rbac()
        .roles()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName("peers")
                .endMetadata()
                .addNewRule()
                .withApiGroups("wiremesh.dev")
                .withResources("peers")
                .withVerbs("get", "list")
                .endRule()
                .build())
        .serverSideApply();
    admin
        .rbac()
        .roleBindings()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("peers")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "peers")
                .addNewSubject("rbac.authorization.k8s.io", "User", "jim", null)
                .build())
        .serverSideApply();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(run("status", "--as", "jim").output()).contains("office"));
    assertThat(run("status", "--as", "jim").errors())
        .startsWith(
            "Not shown: you (jim) may not list wireguardnetworks.wiremesh.dev in the whole");
    assertThat(run("status", "office", "--as", "jim").status()).isZero();
  }

  // --- the rest ---

  @Test
  void completionKnowsThePeersOfTheNamespace() {
    var completer =
        new Completer(KubectlMain.commandLine())
            .complete(
                List.of(
                    "conf",
                    "--kubeconfig",
                    controlPlane.adminKubeconfigFile().toString(),
                    "-n",
                    NAMESPACE,
                    "of"));
    assertThat(completer).isEqualTo("office\n:4\n");
  }

  private Result run(String... words) {
    return runWith(controlPlane.adminKubeconfigFile(), words);
  }

  private static Result runWith(Path kubeconfig, String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--kubeconfig", kubeconfig.toString(), "-n", NAMESPACE));
    var out = new StringWriter();
    var err = new StringWriter();
    int status = KubectlMain.execute(all, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Result(status, out.toString(), err.toString());
  }

  /** Exit status, standard output and standard error of a command. */
  private record Result(int status, String output, String errors) {}

  private void namespace(String name) {
    create(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build());
  }

  private void installKinds() throws IOException {
    try (var files = Files.list(CRDS)) {
      for (var file : files.sorted().toList()) {
        try (var text = Files.newInputStream(file)) {
          admin.load(text).items().forEach(it -> admin.resource(it).serverSideApply());
        }
      }
    }
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> {
          assertThat(admin.resources(Peer.class).list()).isNotNull();
          assertThat(admin.resources(MeshNode.class).list()).isNotNull();
          assertThat(admin.resources(WireGuardNetwork.class).list()).isNotNull();
        });
  }

  private void network(String status) {
    createWithStatus(
        WireGuardNetwork.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: home}
        spec:
          addressPools: [{name: v4, cidr: 10.70.0.0/16}]
        """
            + status);
  }

  private void node() {
    createWithStatus(
        MeshNode.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: MeshNode
        metadata: {name: home.n1}
        spec:
          networkRef: {name: home}
          nodeName: n1
          addresses: [10.70.0.1]
          endpoints: [{host: 203.0.113.5, port: 51900}]
          gateway: true
        status:
          peers: {total: 3, connected: 1}
          conditions:
          - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
  }

  private void peer(String namespace, String name, String statusOrSpec) {
    createWithStatus(
        Peer.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: Peer
        metadata: {name: %s, namespace: %s}
        """
                .formatted(name, namespace)
            + (statusOrSpec.startsWith("spec:")
                ? statusOrSpec
                : "spec: {networkRef: {name: home}}\n" + statusOrSpec));
  }

  private static String published(String name, String corpus) {
    var peer = Corpus.named(corpus).peer();
    assertThat(peer.getSpec().routes).as(name).isNotEmpty();
    return """
    spec:
      networkRef: {name: home}
      routes: [{cidr: 192.168.200.0/24}, {cidr: 192.168.4.0/24, masquerade: true}, {cidr: 10.96.0.0/24}]
    status:
      observedGeneration: 1
      addresses: [10.70.0.5]
      connectivity: {state: Stale, gateway: n1, lastHandshakeTime: "2026-01-01T00:00:00Z"}
      routes:
      - {cidr: 192.168.200.0/24, state: Conflict, message: Peer default/office brings it.}
      - {cidr: 192.168.4.0/24, state: Accepted}
      - {cidr: 10.96.0.0/24, state: Rejected, message: It is the cluster's.}
      conditions:
      - {type: Connected, status: "False", reason: HandshakeStale, message: too old, lastTransitionTime: "2026-01-01T00:00:00Z"}
      - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
    """;
  }

  private void secret(String peer, String configuration, String type) {
    create(
        new SecretBuilder()
            .withNewMetadata()
            .withName(SecretNames.peer(peer))
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withType(type)
            .withData(
                Map.of(
                    SecretKeys.WG_QUICK_CONF,
                    Base64.getEncoder()
                        .encodeToString(configuration.getBytes(StandardCharsets.UTF_8))))
            .build());
  }

  private <T extends CustomResource<?, ?>> void createWithStatus(Class<T> type, String yaml) {
    var object = Objects.requireNonNull(Serialization.unmarshal(yaml, type));
    create(object);
    admin.resource(object).patchStatus();
  }

  private void create(HasMetadata object) {
    admin.resource(object).serverSideApply();
    created.add(object);
  }
}
