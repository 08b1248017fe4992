// Real and composed examples: a list to choose from. What is chosen plays in the viewer; its text can go into the form.

const KEYS = { ArrowUp: -1, ArrowDown: 1, PageUp: -5, PageDown: 5, Home: -Infinity, End: Infinity };

export function mount(element, { props, watch, trigger }) {
  const find = (name) => element.querySelector(name);
  const [details, list, message, use] = ["details", "ul", ".is-message", ".is-example-use"].map(find);
  let examples = null;

  function tell(event, change) {
    props.value = { ...props.value, ...change };
    draw(); // `watch` hears of the page's changes only
    trigger(event, props.value);
  }

  function dots(people) {
    return Array.from({ length: people }, (_, person) => {
      const dot = document.createElement("i");
      dot.className = `is-dot is-person-${person}`;
      return dot;
    });
  }

  function option({ name, kind, people, text }, index) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    const parts = { who: "", name, kind, text };
    for (const [part, content] of Object.entries(parts)) {
      const span = document.createElement("span");
      span.className = `is-example-${part}`;
      span.append(...(part === "who" ? dots(people) : [content]));
      item.append(span);
    }
    item.title = text;
    item.addEventListener("click", () => tell("select", { chosen: index }));
    return item;
  }

  /** One option at a time can be reached with the tab key; the arrows go from one to the next. */
  function reach(index) {
    [...list.children].forEach((item, i) => (item.tabIndex = i === index ? 0 : -1));
  }

  function draw() {
    const { chosen, message: problem } = props.value ?? {};
    if (props.value?.examples && props.value.examples.length !== examples?.length) {
      examples = props.value.examples;
      list.replaceChildren(...examples.map(option));
      reach(0);
    }
    const example = examples?.[chosen];
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", i === chosen));
    if (example) reach(chosen);
    message.textContent = problem || example?.about || (examples ? "Choose one to watch it." : "Reading the examples…");
    use.hidden = !example;
    use.textContent = example?.use ?? "";
  }

  list.addEventListener("keydown", (event) => {
    const items = [...list.children];
    const now = items.indexOf(event.target);
    if (event.key === "Enter" || event.key === " ") event.target.click();
    else if (event.key in KEYS) {
      const next = Math.max(0, Math.min(items.length - 1, now + KEYS[event.key]));
      reach(next);
      items[next].focus();
    } else return;
    event.preventDefault();
  });
  use.addEventListener("click", () => {
    tell("apply", {});
    document.getElementById("timeline")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  details.addEventListener("toggle", () => {
    if (details.open && !examples) tell("expand", {});
  });
  watch("value", draw);
  draw();
}
