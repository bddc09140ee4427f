package dev.wiremesh.testkit.kubernetes;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wiremesh.testkit.process.CommandFailedException;
import dev.wiremesh.testkit.process.FreePort;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running etcd, kube-apiserver and (if available) kube-controller-manager, with RBAC, the Node
 * authorizer and ServiceAccount admission on.
 *
 * <p>Thread-safe once started. The programs die with this JVM, however it ends.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final Duration START_TIMEOUT = Duration.ofSeconds(120);
  private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
  private static final String ADMIN = "kubernetes-admin";
  private static final String MANAGER = "system:kube-controller-manager";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final KubernetesBinaries binaries;
  private final ControlPlaneOptions options;
  private final Path pki;
  private final CertificateAuthority authority;
  // In start order; guarded by itself.
  private final Map<String, ManagedProcess> processes = new LinkedHashMap<>();
  private final String etcd = "http://127.0.0.1:" + FreePort.choose();
  private final int port;
  private final ControlPlaneClient admin;
  private final String adminKubeconfig;

  /** Starts a control plane and returns when it answers; on failure, stops it again. */
  public static ControlPlane start(KubernetesBinaries binaries, ControlPlaneOptions options) {
    ControlPlane started = null;
    try {
      started = new ControlPlane(binaries, options);
      started.startPrograms();
      return started;
    } catch (IOException e) {
      closeQuietly(started);
      throw new CommandFailedException("cannot start Kubernetes: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      closeQuietly(started);
      throw e;
    }
  }

  private ControlPlane(KubernetesBinaries binaries, ControlPlaneOptions options)
      throws IOException {
    this.binaries = binaries;
    this.options = options;
    this.pki = options.folder().resolve("pki");
    Files.createDirectories(pki);
    Files.setPosixFilePermissions(pki, PosixFilePermissions.fromString("rwx------"));
    var random = new SecureRandom();
    this.authority = new CertificateAuthority(random, Instant.now());
    this.port = options.port().orElseGet(FreePort::choose);
    var token = randomToken(random);
    writePki(random, token);
    this.admin = new ControlPlaneClient(server(), authority.certificate(), token);
    this.adminKubeconfig = Kubeconfig.withToken(server(), authorityPem(), ADMIN, token);
    Files.writeString(adminKubeconfigFile(), adminKubeconfig);
    Files.setPosixFilePermissions(
        adminKubeconfigFile(), PosixFilePermissions.fromString("rw-------"));
  }

  /** The API server's URL for this JVM. */
  public String server() {
    return "https://" + options.reachableAt().orElseGet(() -> listensAt());
  }

  /** The {@code host:port} of the API server in its own network. */
  public String listensAt() {
    return options.listenAddress() + ":" + port;
  }

  /** The programs of this control plane. */
  public KubernetesBinaries binaries() {
    return binaries;
  }

  /** Whether there is garbage collection and deletion of namespaces. */
  public boolean hasControllerManager() {
    return binaries.controllerManager().isPresent();
  }

  /** The text of an administrator's kubeconfig. */
  public String adminKubeconfig() {
    return adminKubeconfig;
  }

  /** The file that holds {@link #adminKubeconfig()}. */
  public Path adminKubeconfigFile() {
    return options.folder().resolve("admin.kubeconfig");
  }

  /** The text of a kubeconfig with a ServiceAccount's token, for {@link #server()}. */
  public String kubeconfigFor(ServiceAccountToken token) {
    return kubeconfigFor(token, server());
  }

  /** The same for a client that reaches the API server under another URL. */
  public String kubeconfigFor(ServiceAccountToken token, String server) {
    return Kubeconfig.withToken(server, authorityPem(), token.serviceAccount(), token.token());
  }

  /** The certificate of the authority, for clients. */
  public String authorityPem() {
    return CertificateAuthority.pem(authority.certificate());
  }

  /** Asks for a token of a ServiceAccount (TokenRequest), as a kubelet does. */
  public ServiceAccountToken requestToken(String namespace, String name, Duration lifetime) {
    return requestToken(namespace, name, lifetime, "");
  }

  /** Asks for a token bound to a Node: it ends with the Node and carries its name as a claim. */
  public ServiceAccountToken requestTokenBoundToNode(
      String namespace, String name, Duration lifetime, String node) {
    try {
      var uid =
          JSON.readTree(admin.get("/api/v1/nodes/" + node)).path("metadata").path("uid").asText();
      return requestToken(
          namespace,
          name,
          lifetime,
          ",\"boundObjectRef\":{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"name\":\"%s\",\"uid\":\"%s\"}"
              .formatted(node, uid));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ServiceAccountToken requestToken(
      String namespace, String name, Duration lifetime, String binding) {
    try {
      var answer =
          JSON.readTree(
              admin.post(
                  "/api/v1/namespaces/%s/serviceaccounts/%s/token".formatted(namespace, name),
                  """
                  {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest",
                   "spec":{"expirationSeconds":%d%s}}\
                  """
                      .formatted(lifetime.toSeconds(), binding)));
      var status = answer.path("status");
      return new ServiceAccountToken(
          namespace + "/" + name,
          status.path("token").asText(),
          Instant.parse(status.path("expirationTimestamp").asText()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The logs of the programs. */
  public Path logs() {
    return options.folder().resolve("logs");
  }

  private void writePki(SecureRandom random, String adminToken) throws IOException {
    var addresses = new LinkedHashSet<InetAddress>();
    for (var address :
        List.of("127.0.0.1", options.listenAddress(), firstServiceAddress(options.serviceCidr()))) {
      addresses.add(literal(address));
    }
    write("ca.crt", authorityPem());
    write(
        "apiserver",
        authority.server(
            "kube-apiserver",
            List.copyOf(addresses),
            List.of(
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local")));
    var managerToken = randomToken(random);
    write(
        "kube-controller-manager.kubeconfig",
        Kubeconfig.withToken("https://" + listensAt(), authorityPem(), MANAGER, managerToken));
    write(
        "tokens.csv",
        """
        %s,%s,%s,system:masters
        %s,%s,%s
        """
            .formatted(adminToken, ADMIN, ADMIN, managerToken, MANAGER, MANAGER));
    var accounts = CertificateAuthority.ellipticKeys(random);
    write(
        "service-accounts.key",
        CertificateAuthority.pem("PRIVATE KEY", accounts.getPrivate().getEncoded()));
    write(
        "service-accounts.pub",
        CertificateAuthority.pem("PUBLIC KEY", accounts.getPublic().getEncoded()));
  }

  private static String randomToken(SecureRandom random) {
    var bytes = new byte[32];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void write(String name, CertificateAuthority.Identity identity) throws IOException {
    write(name + ".crt", identity.certificatePem());
    write(name + ".key", identity.keyPem());
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(pki.resolve(name), content);
    Files.setPosixFilePermissions(pki.resolve(name), PosixFilePermissions.fromString("rw-------"));
  }

  private String pki(String name) {
    return pki.resolve(name).toString();
  }

  private void startPrograms() throws IOException {
    var etcdPeers = "http://127.0.0.1:" + FreePort.choose();
    launch(
        KubernetesBinaries.ETCD,
        binaries.etcd(),
        "--data-dir=" + options.folder().resolve("etcd"),
        "--listen-client-urls=" + etcd,
        "--advertise-client-urls=" + etcd,
        "--listen-peer-urls=" + etcdPeers,
        "--initial-advertise-peer-urls=" + etcdPeers,
        "--initial-cluster=default=" + etcdPeers,
        "--unsafe-no-fsync",
        "--log-level=warn");
    startApiServer();
    if (binaries.controllerManager().isPresent()) {
      launch(
          KubernetesBinaries.CONTROLLER_MANAGER,
          binaries.controllerManager().get(),
          "--kubeconfig=" + pki("kube-controller-manager.kubeconfig"),
          "--use-service-account-credentials",
          "--root-ca-file=" + pki("ca.crt"),
          "--service-account-private-key-file=" + pki("service-accounts.key"),
          "--cluster-cidr=" + options.podCidr(),
          "--leader-elect=false",
          "--secure-port=0",
          "--kube-api-qps=200",
          "--kube-api-burst=400");
    }
  }

  /** Starts the API server (again, after {@link #killApiServer}); returns when it answers. */
  public void startApiServer() throws IOException {
    var loopback = literal(options.listenAddress()).isLoopbackAddress();
    launch(
        KubernetesBinaries.API_SERVER,
        binaries.apiServer(),
        "--etcd-servers=" + etcd,
        "--bind-address=" + options.listenAddress(),
        "--advertise-address=" + options.listenAddress(),
        "--endpoint-reconciler-type=" + (loopback ? "none" : "lease"),
        "--secure-port=" + port,
        "--service-cluster-ip-range=" + options.serviceCidr(),
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        "--token-auth-file=" + pki("tokens.csv"),
        "--tls-cert-file=" + pki("apiserver.crt"),
        "--tls-private-key-file=" + pki("apiserver.key"),
        "--service-account-issuer=" + ISSUER,
        "--service-account-key-file=" + pki("service-accounts.pub"),
        "--service-account-signing-key-file=" + pki("service-accounts.key"));
    awaitAnswer("/readyz", Duration.ofMillis(100));
  }

  /** SIGKILL to the API server: its clients lose their watches, the store stays. */
  public void killApiServer() {
    kill(KubernetesBinaries.API_SERVER);
  }

  /** SIGKILL to the controller manager, if there is one: no garbage is collected from then on. */
  public void killControllerManager() {
    kill(KubernetesBinaries.CONTROLLER_MANAGER);
  }

  private void kill(String program) {
    synchronized (processes) {
      var running = processes.remove(program);
      if (running != null) {
        running.kill();
      }
    }
  }

  private void launch(String name, Path program, String... arguments) {
    var command = new ArrayList<>(options.launcher());
    command.add(program.toString());
    command.addAll(List.of(arguments));
    synchronized (processes) {
      processes.put(
          name, ManagedProcess.start(name, command, Map.of(), logs().resolve(name + ".log")));
    }
  }

  private void awaitAnswer(String path, Duration interval) throws IOException {
    var deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      try {
        admin.get(path);
        return;
      } catch (IOException e) {
        requireAllAlive();
        if (System.nanoTime() > deadline) {
          throw new IOException(
              "the API server did not get ready within %s; logs are in %s"
                  .formatted(START_TIMEOUT, logs()),
              e);
        }
      }
      try {
        Thread.sleep(interval);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the API server starts", e);
      }
    }
  }

  /** Throws, with the end of its log, if one of them has ended. */
  public void requireAllAlive() {
    for (var process : running()) {
      if (!process.isAlive()) {
        throw new CommandFailedException(
            "%s has ended; its log is %s and ends with:%n%s"
                .formatted(process.name(), process.log(), process.lastLines(15)));
      }
    }
  }

  private List<ManagedProcess> running() {
    synchronized (processes) {
      return List.copyOf(processes.values());
    }
  }

  @Override
  public void close() {
    admin.close();
    // etcd last. Nothing here needs a graceful end.
    for (var process : running().reversed()) {
      process.kill();
    }
    LOG.debug("The control plane in {} has ended", options.folder());
  }

  private static void closeQuietly(@org.jspecify.annotations.Nullable ControlPlane started) {
    Optional.ofNullable(started).ifPresent(ControlPlane::close);
  }

  private static InetAddress literal(String address) {
    try {
      return InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not an IP address: " + address, e);
    }
  }

  private static String firstServiceAddress(String cidr) {
    try {
      var bytes = literal(cidr.substring(0, cidr.indexOf('/'))).getAddress();
      bytes[bytes.length - 1]++;
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
