package dev.wiremesh.lab.cluster;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The parser of {@code wg show INTERFACE dump}. */
final class WgShow {
  private static final int PEER_FIELDS = 8;

  private WgShow() {}

  /**
   * The peers of an interface.
   *
   * @param names of public keys
   */
  static List<MeshReport.Session> sessions(String dump, Map<String, String> names, Instant now) {
    return dump.lines()
        .map(line -> line.split("\t", -1))
        .filter(fields -> fields.length == PEER_FIELDS)
        .map(fields -> session(fields, names, now))
        .toList();
  }

  // public-key preshared-key endpoint allowed-ips latest-handshake rx tx keepalive
  private static MeshReport.Session session(
      String[] fields, Map<String, String> names, Instant now) {
    var handshake = Long.parseLong(fields[4]);
    return new MeshReport.Session(
        fields[0],
        names.get(fields[0]),
        fields[2].equals("(none)") ? null : fields[2],
        handshake == 0 ? null : Math.max(0, now.getEpochSecond() - handshake),
        Long.parseLong(fields[5]),
        Long.parseLong(fields[6]));
  }
}
