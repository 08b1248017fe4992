// The size of a plot: its curves as high as Python says, its legend as high as it happens to be, on a phone several lines.

const fitted = new WeakMap(); // plot -> the size it was last laid out for

/** Lay the plot out anew where its legend or its place in the page need another size than it has. */
export function fit(plot) {
  if (!plot.clientWidth) return; // in a tab out of sight, where nothing has a size
  const { legend, margin, width, height } = plot._fullLayout;
  const { rows, axis } = plot.layout.meta;
  const bottom = axis + (legend?._height ?? 0);
  const wanted = rows + margin.t + bottom;
  plot.style.height = `${wanted}px`; // plotly's own resizing goes by it
  const differs = [margin.b - bottom, height - wanted, width - plot.clientWidth].some((pixels) => Math.abs(pixels) > 2);
  const size = `${plot.clientWidth} ${wanted}`;
  if (!differs || fitted.get(plot) === size) return; // once for a size: where plotly has its own mind, it keeps it
  fitted.set(plot, size);
  window.Plotly.relayout(plot, { "margin.b": bottom, autosize: true });
}
