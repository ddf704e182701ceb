import { byId, setText } from './element.js'

/** Asks for the token until it is right. @returns {Promise<void>} */
export function signIn() {
  const dialog = byId('sign-in')
  const form = byId('sign-in-form')
  const field = byId('token')
  if (!dialog.open) dialog.showModal()
  // Escape would leave a page without numbers.
  dialog.addEventListener('cancel', event => event.preventDefault())
  return new Promise(resolve => {
    form.onsubmit = async event => {
      event.preventDefault()
      const problem = await send(field.value)
      setText(byId('sign-in-wrong'), problem)
      if (problem !== '') return field.select()
      dialog.close()
      field.value = ''
      resolve()
    }
  })
}

/** @returns {Promise<string>} what is wrong, or nothing */
async function send(token) {
  try {
    const response = await fetch('dashboard/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (response.ok) return ''
    return response.status === 401 ? 'That is not the token.' : `The service answered ${response.status}.`
  } catch {
    return 'The service does not answer.'
  }
}
