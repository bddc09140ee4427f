/** What Prometheus and Grafana make of a running mesh. */
@NullMarked
package dev.wiremesh.e2e.observe;

import org.jspecify.annotations.NullMarked;
