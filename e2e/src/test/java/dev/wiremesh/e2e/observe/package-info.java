/** Prometheus and Grafana on a running mesh: alerts and dashboards. */
@NullMarked
package dev.wiremesh.e2e.observe;

import org.jspecify.annotations.NullMarked;
