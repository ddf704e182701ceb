import http from 'node:http'

/**
 * @typedef {{ method: string, path: string, token?: string, body?: object }} HttpRequest
 * @typedef {{ status: number, body: string }} HttpAnswer
 */

/** Calls one service over connections that stay open. */
export class HttpClient {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 256 })
  #port

  /** @param {number} port of a service on this machine */
  constructor(port) {
    this.#port = port
  }

  /**
   * @param {HttpRequest} request
   * @returns {Promise<HttpAnswer>} whatever its status
   * @throws {Error} when there is no answer
   */
  send({ method, path, token, body }) {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
    }
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers }
      const request = http.request(options, response => {
        /** @type {Buffer[]} */
        const parts = []
        response.on('data', part => parts.push(part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
        )
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end(text)
    })
  }

  close() {
    this.#agent.destroy()
  }
}
