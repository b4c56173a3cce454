// Somebody is away while the room goes on, and comes back: a ticket, a socket, the welcome.
//
//     node rejoin.mjs <job.json> <result.json>
//
// One stays and keeps all it hears; writers say `events` things within `away_s`. Then the one who
// was away comes back `rounds` times, each time knowing what it knew when it left, and once as a
// window that knows nothing. Whether the states are equal is decided in Python, by the reducer.
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

import { closeSocket, openSocket, ticketOf } from './sockets.mjs'

const [, , jobFile, resultFile] = process.argv
const job = JSON.parse(readFileSync(jobFile, 'utf8'))
const now = () => performance.now()
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function enter(plan, { last_seq = null, hear = () => {} } = {}) {
  const started = now()
  const ticket = await ticketOf(plan)
  const client = { socket: null, welcome: null, took_ms: 0, acked: 0 }
  let welcomed
  const welcome = new Promise((resolve) => (welcomed = resolve))
  client.socket = await openSocket(plan, {
    message: (data) => {
      const message = JSON.parse(data)
      if (message.type === 'op.ack') client.acked += message.outcome === 'committed'
      if (message.type === 'welcome') {
        client.took_ms = now() - started
        client.welcome = message
        welcomed()
      }
      hear(message)
    },
    closed: () => {},
  })
  const hello = { type: 'hello', protocol: 'consilium.live.v1', ticket, client_id: randomUUID(), last_seq }
  client.socket.send(JSON.stringify(hello))
  await welcome
  return client
}

const kept = []
const stayer = await enter(job.stayer, { hear: (message) => kept.push(message) })
const writers = []
for (const plan of job.writers) writers.push(await enter(plan))
const away = await enter(job.away)
const left_at = away.welcome.head_seq
await closeSocket(away.socket)
const left = now()

const due = job.events / writers.length
const period = (job.away_s * 1000 * 0.95) / due
await Promise.all(writers.map(async ({ socket }, index) => {
  for (let n = 0; n < due; n += 1) {
    socket.send(JSON.stringify({
      type: 'op.submit', op_id: randomUUID(), kind: 'chat.post', payload: { text: `${index}:${n} while away` },
    }))
    await sleep(Math.max(0, left + (n + 1) * period - now()))
  }
}))
await sleep(Math.max(0, left + job.away_s * 1000 - now()))
const acked = () => writers.reduce((sum, one) => sum + one.acked, 0)
for (let n = 0; n < 600 && acked() < job.events; n += 1) await sleep(50)
await sleep(500)

const rounds = []
for (let n = 0; n < job.rounds; n += 1) {
  const back = await enter(job.away, { last_seq: left_at })
  rounds.push({ took_ms: back.took_ms, welcome: back.welcome })
  await closeSocket(back.socket)
  await sleep(200)
}
const near = await enter(job.away, { last_seq: rounds.at(-1).welcome.head_seq - job.short_gap })
const fresh = await enter(job.away)
writeFileSync(resultFile, JSON.stringify({
  acked: acked(), left_at, rounds, fresh: fresh.welcome, near: near.welcome, near_ms: near.took_ms,
  kept, stayer: stayer.welcome,
}))
process.exit(0)
