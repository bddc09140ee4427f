/** What tests and the lab share: a real API server, hosts as namespaces, processes, captures. */
@NullMarked
package dev.wiremesh.testkit;

import org.jspecify.annotations.NullMarked;
