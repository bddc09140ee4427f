package dev.wiremesh.agent.state;

import dev.wiremesh.agent.watch.MeshObjects;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The persisted inputs of the plans of this node, so that a node that starts while the API server
 * is away still joins its networks. The files of a network:
 *
 * <ul>
 *   <li>{@code <network>.mesh.json}: network, nodes and peers, as the API objects that they were;
 *   <li>{@code <network>.keys.json}: this node's keys;
 *   <li>{@code <network>.endpoints.json}: the endpoint that each peer was last heard from;
 *   <li>{@code <network>.withdrawn.json}: routes with which this node could not reach the API
 *       server; only while there are any.
 * </ul>
 *
 * <p>An unreadable file is logged and left out, since the API server has all of it. Owned by the
 * control thread.
 */
public final class MeshStore {
  private static final Logger log = LoggerFactory.getLogger(MeshStore.class);

  /** Version of all formats; files of another version are ignored. */
  private static final int VERSION = 1;

  private static final String MESH = ".mesh.json";
  private static final String KEYS = ".keys.json";
  private static final String ENDPOINTS = ".endpoints.json";
  private static final String WITHDRAWN = ".withdrawn.json";
  private static final List<String> ALL = List.of(MESH, KEYS, ENDPOINTS, WITHDRAWN);

  private record MeshFile(
      int version, WireGuardNetwork network, List<MeshNode> meshNodes, List<Peer> peers) {}

  private record KeysFile(int version, Map<String, Map<String, String>> secrets) {
    @Override
    public String toString() {
      return "(keys)";
    }
  }

  private record EndpointsFile(int version, Map<String, String> endpoints) {}

  /**
   * Routes of one Peer.
   *
   * @param routes all of them
   * @param withdrawn those that are not programmed
   */
  public record WithdrawnRoutes(Set<IpPrefix> routes, Set<IpPrefix> withdrawn) {
    public WithdrawnRoutes {
      routes = Set.copyOf(routes);
      withdrawn = Set.copyOf(withdrawn);
    }
  }

  private record WithdrawnFile(int version, Map<String, WithdrawnTexts> peers) {}

  private record WithdrawnTexts(List<String> routes, List<String> withdrawn) {}

  private final StateDirectory folder;
  private final KubernetesSerialization json = new KubernetesSerialization();

  public MeshStore(Path stateDirectory) {
    folder = new StateDirectory(stateDirectory.resolve("networks"));
  }

  /** The objects of each network whose files are complete. */
  public List<MeshObjects> load() {
    var loaded = new ArrayList<MeshObjects>();
    for (var network : stored(MESH)) {
      var mesh = read(network + MESH, MeshFile.class).filter(MeshStore::isComplete);
      var keys = read(network + KEYS, KeysFile.class).filter(file -> file.secrets != null);
      if (mesh.isPresent() && keys.isPresent()) {
        loaded.add(
            new MeshObjects(
                mesh.get().network,
                mesh.get().meshNodes,
                mesh.get().peers,
                MeshObjects.secrets(keys.get().secrets)));
      }
    }
    return loaded;
  }

  /** Whether the file had all fields: the JSON parser leaves missing ones null. */
  private static boolean isComplete(MeshFile file) {
    return file.network != null && file.meshNodes != null && file.peers != null;
  }

  /** Endpoints that a network's peers were last heard from. */
  public Map<PublicKey, UdpEndpoint> endpoints(String network) {
    var endpoints = new HashMap<PublicKey, UdpEndpoint>();
    var file = read(network + ENDPOINTS, EndpointsFile.class);
    if (file.isEmpty() || file.get().endpoints == null) {
      return endpoints;
    }
    file.get()
        .endpoints
        .forEach((key, text) -> {
          try {
            endpoints.put(PublicKey.parse(key), endpoint(text));
          } catch (InvalidKeyException | InvalidAddressException | NumberFormatException e) {
            log.atWarn()
                .addKeyValue("file", network + ENDPOINTS)
                .addKeyValue("endpoint", text)
                .log("Ignoring an unreadable endpoint");
          }
        });
    return endpoints;
  }

  private static UdpEndpoint endpoint(String text) {
    int colon = text.lastIndexOf(':');
    var host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[|]$", "");
    return UdpEndpoint.of(IpAddress.parse(host), Integer.parseInt(text.substring(colon + 1)));
  }

  public void save(String network, MeshObjects objects) throws IOException {
    // Keys first: a network is loaded only with both files, and old keys do not fit a new mesh.
    folder.write(
        network + KEYS, json.asJson(new KeysFile(VERSION, new TreeMap<>(objects.secretData()))));
    folder.write(
        network + MESH,
        json.asJson(
            new MeshFile(VERSION, objects.network(), objects.meshNodes(), objects.peers())));
  }

  public void saveEndpoints(String network, Map<PublicKey, UdpEndpoint> endpoints)
      throws IOException {
    var texts = new TreeMap<String, String>();
    endpoints.forEach((key, endpoint) -> {
      // The scope of a link-local address is a number of this boot.
      if (endpoint.scope() == 0) {
        texts.put(key.toString(), endpoint.toString());
      }
    });
    folder.write(network + ENDPOINTS, json.asJson(new EndpointsFile(VERSION, texts)));
  }

  /** Routes of a network that were withdrawn, by Peer. */
  public Map<String, WithdrawnRoutes> withdrawn(String network) {
    var withdrawn = new HashMap<String, WithdrawnRoutes>();
    var name = network + WITHDRAWN;
    var file = read(name, WithdrawnFile.class);
    if (file.isEmpty() || file.get().peers == null) {
      return withdrawn;
    }
    file.get()
        .peers
        .forEach((peer, texts) -> {
          try {
            withdrawn.put(
                peer, new WithdrawnRoutes(prefixes(texts.routes), prefixes(texts.withdrawn)));
          } catch (InvalidAddressException e) {
            log.atWarn()
                .addKeyValue("file", name)
                .addKeyValue("peer", peer)
                .log("Ignoring unreadable routes");
          }
        });
    return withdrawn;
  }

  private static Set<IpPrefix> prefixes(@Nullable List<String> texts) {
    return texts == null
        ? Set.of()
        : texts.stream().map(IpPrefix::parse).collect(Collectors.toSet());
  }

  /**
   * @param withdrawn by Peer; if empty, the file goes
   */
  public void saveWithdrawn(String network, Map<String, WithdrawnRoutes> withdrawn)
      throws IOException {
    if (withdrawn.isEmpty()) {
      if (folder.read(network + WITHDRAWN).isPresent()) {
        folder.delete(network + WITHDRAWN);
      }
      return;
    }
    var peers = new TreeMap<String, WithdrawnTexts>();
    withdrawn.forEach((peer, routes) ->
        peers.put(peer, new WithdrawnTexts(texts(routes.routes()), texts(routes.withdrawn()))));
    folder.write(network + WITHDRAWN, json.asJson(new WithdrawnFile(VERSION, peers)));
  }

  private static List<String> texts(Set<IpPrefix> prefixes) {
    return prefixes.stream().sorted().map(IpPrefix::toString).toList();
  }

  public void forget(String network) throws IOException {
    for (var suffix : ALL) {
      folder.delete(network + suffix);
    }
  }

  /** Removes the files of other networks than these. */
  public void retain(Set<String> networks) {
    for (var suffix : ALL) {
      for (var network : stored(suffix)) {
        if (!networks.contains(network)) {
          try {
            forget(network);
          } catch (IOException e) {
            log.atWarn().addKeyValue("network", network).setCause(e).log("State not removed");
          }
        }
      }
    }
  }

  private List<String> stored(String suffix) {
    try {
      return folder.names(suffix).stream()
          .map(name -> name.substring(0, name.length() - suffix.length()))
          .toList();
    } catch (IOException e) {
      log.atWarn().addKeyValue("folder", folder).setCause(e).log("Cannot read the agent's state");
      return List.of();
    }
  }

  private <T extends Record> Optional<T> read(String name, Class<T> type) {
    try {
      var text = folder.read(name);
      if (text.isEmpty()) {
        return Optional.empty();
      }
      var version = json.unmarshal(text.get(), Map.class).get("version");
      if (!Integer.valueOf(VERSION).equals(version)) {
        log.atWarn()
            .addKeyValue("file", name)
            .addKeyValue("version", version)
            .log("Ignoring a state file of another version of the agent");
        return Optional.empty();
      }
      return Optional.of(json.unmarshal(text.get(), type));
    } catch (IOException e) {
      log.atWarn().addKeyValue("file", name).setCause(e).log("Ignoring an unreadable state file");
    } catch (RuntimeException e) {
      // Of the parser; its message is not logged, because it may quote a key.
      log.atWarn()
          .addKeyValue("file", name)
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("Ignoring a damaged state file");
    }
    return Optional.empty();
  }
}
