package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpPrefix;

/**
 * A prefix behind a site router that others reach through it.
 *
 * @param masquerade whether the site router masquerades the traffic into the prefix
 */
public record SiteRoute(IpPrefix cidr, boolean masquerade) {}
