// The floor: whatever a sender says goes to every listener, and nothing else is done.
//
//     node relay.mjs          prints its port
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../../frontend/package.json', import.meta.url))
const { WebSocketServer, WebSocket } = require('ws')

const listeners = new Set()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => console.log(server.address().port))

server.on('connection', (socket, request) => {
  if (request.url.includes('sender')) {
    socket.on('message', (data) => {
      for (const one of listeners) {
        if (one.readyState === WebSocket.OPEN) one.send(data, { binary: false })
      }
    })
    return
  }
  listeners.add(socket)
  socket.on('close', () => listeners.delete(socket))
})
