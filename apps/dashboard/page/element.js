/**
 * Makes an element. Texts are set as texts, so that nothing that comes from a server is ever read as HTML.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `class`, `data-…`, `aria-…`; a function is a listener: `onclick`
 * @param {...(Node | string | undefined)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value))
  }
  made.append(...children.filter(child => child !== undefined))
  return made
}

/** The element of the page with this id; all ids are in `index.html`. */
export function byId(id) {
  return document.getElementById(id)
}

/** Sets a text only when it differs, so that selections and screen readers are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/**
 * Has the buttons of a group choose one of them.
 *
 * @param {HTMLElement} group
 * @param {string} name the choice is in `data-<name>`
 * @param {(choice: string) => void} chosen
 */
export function chooser(group, name, chosen) {
  const buttons = [...group.querySelectorAll('button')]
  for (const button of buttons) {
    button.addEventListener('click', () => {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button))
      chosen(button.dataset[name])
    })
  }
}
