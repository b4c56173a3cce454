// What a browser does to get a socket: a ticket by REST, the origin, the subprotocol.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../../frontend/package.json', import.meta.url))
const WebSocket = require('ws')

/** `cookie` and `csrf` are those of somebody who is signed in. */
export async function ticketOf({ ticket_url, origin, cookie, csrf }) {
  const answer = await fetch(ticket_url, {
    method: 'POST',
    headers: { Cookie: cookie, 'X-CSRFToken': csrf, Origin: origin, Referer: `${origin}/` },
  })
  if (!answer.ok) throw new Error(`ticket: ${answer.status} ${(await answer.text()).slice(0, 300)}`)
  return (await answer.json()).ticket
}

/** `protocols`: what the product's own client offers; a peer has none. */
export function openSocket({ url, origin, protocols }, { message, closed }) {
  const socket = new WebSocket(url, protocols ?? [], { origin, perMessageDeflate: true })
  return new Promise((resolve, reject) => {
    socket.on('message', message)
    socket.on('close', closed)
    socket.on('error', reject)
    socket.on('open', () => resolve(socket))
  })
}

export function closeSocket(socket) {
  return new Promise((resolve) => {
    socket.once('close', resolve)
    socket.close(1000)
  })
}
