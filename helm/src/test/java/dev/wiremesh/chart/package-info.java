/** What the chart renders, refuses and documents. */
@NullMarked
package dev.wiremesh.chart;

import org.jspecify.annotations.NullMarked;
