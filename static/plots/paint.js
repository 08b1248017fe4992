// Colours of a plot, by the names that Python gave them, from the page's style sheet: light and dark are decided there.

/** Paint a plot in the theme's colours, where it has others. Shapes and annotations are called by their ink. */
export function paint(plot) {
  const style = getComputedStyle(plot);
  const read = (name) => style.getPropertyValue(`--is-${name}`).trim();
  const ink = (name) => read(`line-${name}`) || read(name);
  const { layout, data } = plot;
  if (layout.paper_bgcolor === ink("card") && layout.font.color === ink("text")) return;
  for (const trace of data) trace.line.color = ink(trace.meta.ink);
  for (const shape of layout.shapes ?? []) {
    if (shape.fillcolor) shape.fillcolor = ink(shape.name);
    if (shape.line?.color) shape.line.color = ink(shape.name);
  }
  for (const note of layout.annotations ?? []) note.font.color = ink(note.name);
  for (const [name, axis] of Object.entries(layout))
    if (/^[xy]axis\d*$/.test(name)) axis.gridcolor = axis.linecolor = axis.tickcolor = ink("edge");
  layout.paper_bgcolor = layout.plot_bgcolor = layout.hoverlabel.bgcolor = ink("card");
  layout.font.color = layout.hoverlabel.font.color = layout.modebar.activecolor = ink("text");
  layout.hoverlabel.bordercolor = ink("edge");
  layout.modebar.color = ink("quiet");
  window.Plotly.react(plot, data, layout, plot._context);
}
