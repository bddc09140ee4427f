/** Test fixtures, shared by tests and lab: a real API server, hosts as namespaces, processes. */
@NullMarked
package dev.wiremesh.testkit;

import org.jspecify.annotations.NullMarked;
