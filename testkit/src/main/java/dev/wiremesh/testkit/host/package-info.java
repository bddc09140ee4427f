/** Hosts as namespaces: machines of their own as far as a network program can see. */
@NullMarked
package dev.wiremesh.testkit.host;

import org.jspecify.annotations.NullMarked;
