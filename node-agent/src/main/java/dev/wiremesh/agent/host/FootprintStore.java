package dev.wiremesh.agent.host;

import dev.wiremesh.agent.state.StateDirectory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The footprints of networks on disk, one small file each, so that a network that was deleted while
 * no agent ran is still removed from the node. Owned by the control thread.
 */
public final class FootprintStore {
  private static final Logger log = LoggerFactory.getLogger(FootprintStore.class);
  private static final String SUFFIX = ".properties";

  private final StateDirectory folder;

  public FootprintStore(Path stateDirectory) {
    folder = new StateDirectory(stateDirectory.resolve("networks"));
  }

  public Map<String, HostFootprint> load() {
    var footprints = new HashMap<String, HostFootprint>();
    try {
      for (var name : folder.names(SUFFIX)) {
        read(name, footprints);
      }
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("folder", folder)
          .setCause(e)
          .log("Cannot read the footprints of networks");
    }
    return footprints;
  }

  private void read(String name, Map<String, HostFootprint> into) {
    var properties = new Properties();
    try {
      properties.load(new StringReader(folder.read(name).orElse("")));
      var network = name.substring(0, name.length() - SUFFIX.length());
      into.put(
          network,
          new HostFootprint(
              network,
              properties.getProperty("interface", ""),
              Integer.parseInt(properties.getProperty("table", "")),
              Integer.parseInt(properties.getProperty("rulePriority", ""))));
    } catch (IOException | IllegalArgumentException e) {
      log.atWarn().addKeyValue("file", name).setCause(e).log("Ignoring an unreadable footprint");
    }
  }

  /** To be called before anything is made on the host, so that everything made is known. */
  public void save(HostFootprint footprint) throws IOException {
    folder.write(
        footprint.network() + SUFFIX,
        "interface=%s%ntable=%d%nrulePriority=%d%n"
            .formatted(footprint.interfaceName(), footprint.table(), footprint.rulePriority()));
  }

  public void forget(String network) throws IOException {
    folder.delete(network + SUFFIX);
  }
}
