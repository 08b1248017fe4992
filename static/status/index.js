// The line beside Generate: where it names a field that is wrong, the page shows and focuses that field.

export function mount(element, { watch }) {
  function mark() {
    for (const field of document.querySelectorAll(".is-wrong")) field.classList.remove("is-wrong");
    const name = element.querySelector("[data-field]")?.dataset.field;
    const field = name && document.getElementById(name);
    if (!field) return;
    field.classList.add("is-wrong");
    field.dispatchEvent(new CustomEvent("intersyn:reveal", { bubbles: true })); // to whoever has folded it away
    field.scrollIntoView({ block: "nearest", behavior: "smooth" });
    const inputs = "textarea, input, [role=slider]";
    (field.matches(inputs) ? field : field.querySelector(inputs))?.focus({ preventScroll: true });
    field.addEventListener("input", () => field.classList.remove("is-wrong"), { once: true });
  }

  watch("value", mark);
}
