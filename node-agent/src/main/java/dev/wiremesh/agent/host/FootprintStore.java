package dev.wiremesh.agent.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers on disk what was made on this node, one small file a network, so that a network that
 * was deleted while no agent ran is still cleaned up. Owned by the control thread.
 */
public final class FootprintStore {
  private static final Logger LOG = LoggerFactory.getLogger(FootprintStore.class);
  private static final String SUFFIX = ".properties";

  private final Path folder;

  public FootprintStore(Path stateDirectory) {
    folder = stateDirectory.resolve("networks");
  }

  public Map<String, HostFootprint> load() {
    var footprints = new HashMap<String, HostFootprint>();
    if (!Files.isDirectory(folder)) {
      return footprints;
    }
    try (var files = Files.list(folder)) {
      for (var file : files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
        read(file, footprints);
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("folder", folder).setCause(e).log("Cannot read what was made here");
    }
    return footprints;
  }

  private static void read(Path file, Map<String, HostFootprint> into) {
    var properties = new Properties();
    try (var reader = Files.newBufferedReader(file)) {
      properties.load(reader);
      var name = String.valueOf(file.getFileName());
      var network = name.substring(0, name.length() - SUFFIX.length());
      into.put(
          network,
          new HostFootprint(
              network,
              properties.getProperty("interface", ""),
              Integer.parseInt(properties.getProperty("table", "")),
              Integer.parseInt(properties.getProperty("rulePriority", ""))));
    } catch (IOException | IllegalArgumentException e) {
      LOG.atWarn().addKeyValue("file", file).setCause(e).log("Ignoring what cannot be read");
    }
  }

  /** Written before anything is made, so that nothing is ever made and forgotten. */
  public void save(HostFootprint footprint) throws IOException {
    Files.createDirectories(folder);
    var text =
        "interface=%s%ntable=%d%nrulePriority=%d%n"
            .formatted(footprint.interfaceName(), footprint.table(), footprint.rulePriority());
    var temporary = folder.resolve(footprint.network() + ".new");
    Files.writeString(temporary, text);
    Files.move(
        temporary,
        file(footprint.network()),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  public void forget(String network) throws IOException {
    Files.deleteIfExists(file(network));
  }

  private Path file(String network) {
    return folder.resolve(network + SUFFIX);
  }
}
