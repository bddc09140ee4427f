/** Tests of the chart: rendering, refused values, rules, dashboards, references. */
@NullMarked
package dev.wiremesh.chart;

import org.jspecify.annotations.NullMarked;
