package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * A prefix behind a site router that others reach through it.
 *
 * @param cidr the prefix as the site has it
 * @param masquerade whether the site router masquerades the traffic into the prefix
 * @param translateTo the prefix under which the others reach it, of the same family and length;
 *     null for {@code cidr} itself
 */
public record SiteRoute(IpPrefix cidr, boolean masquerade, @Nullable IpPrefix translateTo) {
  public SiteRoute {
    if (translateTo != null
        && (translateTo.family() != cidr.family() || translateTo.length() != cidr.length())) {
      throw new IllegalArgumentException(cidr + " cannot be translated to " + translateTo);
    }
  }

  /** A route whose addresses are not translated. */
  public static SiteRoute of(IpPrefix cidr, boolean masquerade) {
    return new SiteRoute(cidr, masquerade, null);
  }

  /** The prefix under which the others reach it. */
  public IpPrefix meshBlock() {
    return translateTo == null ? cidr : translateTo;
  }

  /** Whether the site router translates addresses: the others reach it under another prefix. */
  public boolean isTranslated() {
    return !meshBlock().equals(cidr);
  }
}
