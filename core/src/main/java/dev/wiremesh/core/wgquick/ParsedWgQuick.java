package dev.wiremesh.core.wgquick;

import java.util.List;

/**
 * A wg-quick configuration that was read from text.
 *
 * @param unknown the lines that the configuration has no place for, in the order of the file
 */
public record ParsedWgQuick(WgQuickConfig config, List<UnknownEntry> unknown) {
  public ParsedWgQuick {
    unknown = List.copyOf(unknown);
  }
}
