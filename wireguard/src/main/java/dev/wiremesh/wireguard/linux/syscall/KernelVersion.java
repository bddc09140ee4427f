package dev.wiremesh.wireguard.linux.syscall;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** The running kernel's version, for features that cannot be probed. */
public record KernelVersion(int major, int minor, int patch) implements Comparable<KernelVersion> {
  private static final Path RELEASE = Path.of("/proc/sys/kernel/osrelease");
  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");

  /** The version of {@code uname}; 0.0.0 if it cannot be parsed. */
  public static KernelVersion current() {
    try {
      return parse(Files.readString(RELEASE).strip());
    } catch (IOException e) {
      return new KernelVersion(0, 0, 0);
    }
  }

  static KernelVersion parse(String release) {
    var matcher = NUMBERS.matcher(release);
    if (!matcher.matches()) {
      return new KernelVersion(0, 0, 0);
    }
    var patch = matcher.group(3);
    return new KernelVersion(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        patch == null ? 0 : Integer.parseInt(patch));
  }

  boolean atLeast(int major, int minor, int patch) {
    return compareTo(new KernelVersion(major, minor, patch)) >= 0;
  }

  @Override
  public int compareTo(KernelVersion other) {
    int result = Integer.compare(major, other.major);
    if (result == 0) {
      result = Integer.compare(minor, other.minor);
    }
    return result == 0 ? Integer.compare(patch, other.patch) : result;
  }

  /** True if UDP_SEGMENT works; 7.0 to 7.1.4 corrupt batches of equal segments. */
  public boolean hasWorkingUdpGso() {
    return atLeast(4, 18, 0) && !(atLeast(7, 0, 0) && !atLeast(7, 1, 5));
  }

  /** True if UDP_GRO works; its first releases had defects. */
  public boolean hasWorkingUdpGro() {
    return atLeast(5, 12, 0);
  }
}
