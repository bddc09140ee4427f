/** Hosts made of network and mount namespaces. */
@NullMarked
package dev.wiremesh.testkit.host;

import org.jspecify.annotations.NullMarked;
