package dev.wiremesh.agent.bypass;

import dev.wiremesh.agent.state.StateDirectory;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses of the API server on disk, one a line, for an agent that starts while the API
 * server is away. Owned by the control thread.
 */
final class AddressFile {
  private static final Logger log = LoggerFactory.getLogger(AddressFile.class);
  private static final String NAME = "api-server.addresses";

  private final StateDirectory folder;
  private Set<IpAddress> onDisk;

  AddressFile(Path stateDirectory) {
    folder = new StateDirectory(stateDirectory.resolve("networks"));
    onDisk = read();
  }

  private Set<IpAddress> read() {
    var addresses = new TreeSet<IpAddress>();
    try {
      for (var line : folder.read(NAME).orElse("").lines().toList()) {
        addresses.add(IpAddress.parse(line.strip()));
      }
    } catch (IOException | InvalidAddressException e) {
      log.atWarn()
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Cannot read the saved addresses of the API server");
    }
    return addresses;
  }

  Set<IpAddress> addresses() {
    return onDisk;
  }

  void save(Set<IpAddress> addresses) {
    if (addresses.equals(onDisk)) {
      return;
    }
    onDisk = new TreeSet<>(addresses);
    try {
      folder.write(
          NAME,
          onDisk.stream().map(IpAddress::toString).collect(Collectors.joining("\n", "", "\n")));
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Addresses of the API server not saved");
    }
  }
}
