import { byId, setText } from './element.js'

/**
 * Opens the dialog with the plan of a statement, and asks for it. Escape closes it, as in every dialog.
 *
 * @param {string} id the statement's fingerprint
 * @param {string} text
 */
export async function showPlan(id, text) {
  const dialog = byId('plan')
  byId('plan-close').onclick = () => dialog.close()
  setText(byId('plan-text'), text)
  setText(byId('plan-lines'), 'Asking the database…')
  dialog.showModal()
  const words = await ask(id)
  // Another one may have been opened meanwhile.
  if (byId('plan-text').textContent === text) setText(byId('plan-lines'), words)
}

/** @returns {Promise<string>} the plan, or why there is none */
async function ask(id) {
  try {
    const response = await fetch(`dashboard/plans/${encodeURIComponent(id)}`)
    const body = await response.json()
    if (!response.ok) return body.detail ?? body.title
    return body.problem ?? body.lines.join('\n')
  } catch {
    return 'The service does not answer.'
  }
}
