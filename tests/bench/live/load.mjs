// All senders and receivers of one run in one process, so that one monotonic clock times them.
//
//     node load.mjs <job.json> <result.json>
//
// A job names its clients; each streams a stage, submits ops or moves a pointer at rates of its
// own and listens. What was heard is written down; whether it was right is decided in gate.py.
// A client of the dialect `plain` is that of a peer: whatever it hears is the stage.
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

import { closeSocket, openSocket, ticketOf } from './sockets.mjs'

const MARK = /bench-room-(\d+)/g
const STAGE = Buffer.from('{"type":"stage",')
const PRESENCE = Buffer.from('{"type":"presence.delta"')
const REV = Buffer.from('"rev":')
const PATIENCE_S = 30

const [, , jobFile, resultFile] = process.argv
const job = JSON.parse(readFileSync(jobFile, 'utf8'))
const now = () => performance.now()
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let measuring = false
const stage_ms = []
const ack_ms = []
const event_ms = []
const told = []
const clients = job.clients.map((plan, index) => ({
  ...plan, index, socket: null, revs: [], seqs: [], head: null, joined_at: null, presence: 0,
  sent: 0, foreign: 0, refused: [], closed: null, epoch: 0, join_ms: [], leaving: false,
  waiting: new Map(),
}))
const rooms = new Map()
for (const client of clients) {
  if (!rooms.has(client.room)) rooms.set(client.room, { rev: 0, sent: 0, sent_at: new Map(), ops: new Map() })
}

function revIn(data) {
  const at = data.indexOf(REV)
  let value = 0
  for (let i = at + REV.length; i < data.length; i += 1) {
    const digit = data[i] - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  return at < 0 ? null : value
}

function hearStage(client, room, data, at) {
  const rev = revIn(data)
  const sent_at = rev === null ? undefined : room.sent_at.get(rev)
  if (sent_at === undefined) return
  client.revs.push(rev)
  if (measuring) stage_ms.push(at - sent_at)
}

/** A message that names another room than the client's has leaked. */
function lookForOthers(client, data) {
  for (const [, room] of data.toString('utf8').matchAll(MARK)) {
    if (Number(room) !== client.room) client.foreign += 1
  }
}

function hear(client, data) {
  const at = now()
  const room = rooms.get(client.room)
  if (job.look_for_leaks) lookForOthers(client, data)
  if (client.dialect === 'plain' || data.subarray(0, STAGE.length).equals(STAGE)) {
    hearStage(client, room, data, at)
    return
  }
  if (data.subarray(0, PRESENCE.length).equals(PRESENCE)) {
    client.presence += 1
    return
  }
  const message = JSON.parse(data)
  if (message.type === 'welcome') {
    client.head ??= message.head_seq
    const events = message.events?.map(({ seq }) => seq) ?? null
    client.joins.push({ after: client.seqs.length, head: message.head_seq, events })
    client.epoch = message.presenter.epoch
    // The room's register may hold a frame of an earlier run: numbers go on from there.
    room.rev = Math.max(room.rev, message.stage?.rev ?? 0)
    client.welcomed?.(message)
  } else if (message.type === 'snapshot') {
    client.joins.push({ after: client.seqs.length, head: message.head_seq, events: null })
  } else if (message.type === 'event') {
    client.seqs.push(message.seq)
    const sent_at = room.ops.get(message.op_id)
    if (sent_at !== undefined && measuring) event_ms.push(at - sent_at)
  } else if (message.type === 'op.ack') {
    const sent_at = room.ops.get(message.op_id)
    if (message.outcome !== 'committed') client.refused.push(message.code)
    else if (sent_at !== undefined && measuring) ack_ms.push(at - sent_at)
    // LIVE-O2: an op that was sent again is answered again, with the same outcome; it counts once.
    const is_first = client.waiting.delete(message.op_id)
    client.acked += is_first && message.outcome === 'committed'
  } else if (message.type === 'error') client.refused.push(message.code)
}

async function within(ms, promise, describe) {
  let timer
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(describe())), ms)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

async function join(client) {
  const started = now()
  client.joins ??= []
  client.acked ??= 0
  client.closed = null
  client.leaving = false
  const plain = client.dialect === 'plain'
  const ticket = plain ? null : (client.ticket ?? (await ticketOf(client)))
  client.ticket = null
  client.socket = await openSocket(client, {
    message: (data) => hear(client, data),
    closed: (code) => {
      if (!client.leaving) client.closed = code
    },
  })
  if (plain) return
  const welcomed = new Promise((resolve) => (client.welcomed = resolve))
  client.client_id ??= randomUUID()
  const last_seq = client.seqs.at(-1) ?? client.joins.at(-1)?.head ?? null
  client.socket.send(JSON.stringify({
    type: 'hello', protocol: 'consilium.live.v1', ticket, client_id: client.client_id, last_seq,
  }))
  await within(30_000, welcomed, () => `client ${client.index}: no welcome, closed ${client.closed}`)
  client.join_ms.push(now() - started)
  // LIVE-J3: what was not answered is sent again; its time would be that of being away.
  for (const [op_id, text] of client.waiting) {
    rooms.get(client.room).ops.delete(op_id)
    client.socket.send(text)
  }
}

/** Calls at a steady rate from a random phase; what is missed is skipped, not made up for. */
function every(hz, call) {
  const period = 1000 / hz
  let next = now() + Math.random() * period
  let stopped = false
  const step = () => {
    if (stopped) return
    call()
    next = Math.max(next + period, now() - period)
    setTimeout(step, Math.max(0, next - now()))
  }
  setTimeout(step, Math.max(0, next - now()))
  return () => (stopped = true)
}

const isOpen = (client) => client.socket?.readyState === 1

/** Whoever presents moves for a while, and then speaks: the stage settles. Each from a random phase. */
function isAtRest(client) {
  if (!client.rest_s) return false
  client.phase_s ??= Math.random() * (client.move_s + client.rest_s)
  return (now() / 1000 + client.phase_s) % (client.move_s + client.rest_s) > client.move_s
}

function sendStage(client) {
  if (!isOpen(client) || isAtRest(client)) return
  const room = rooms.get(client.room)
  room.rev += 1
  const text = job.stages[client.room].replace('@EPOCH@', client.epoch).replaceAll('@REV@', room.rev)
  room.sent_at.set(room.rev, now())
  client.socket.send(text)
  client.sent += 1
  room.sent += 1
}

function sendOp(client) {
  if (!isOpen(client)) return
  const op_id = randomUUID()
  rooms.get(client.room).ops.set(op_id, now())
  const text = JSON.stringify({
    type: 'op.submit', op_id, kind: 'chat.post',
    payload: { text: `bench-room-${client.room} ${op_id} from ${client.index}` },
  })
  client.waiting.set(op_id, text)
  client.socket.send(text)
  client.submitted = (client.submitted ?? 0) + 1
}

function sendPresence(client) {
  if (!isOpen(client)) return
  client.socket.send(JSON.stringify({
    type: 'presence.update', tool: `bench-room-${client.room}`, activity: 'active', hand_raised: false,
    pointer: {
      series_instance_uid: '1.2.3', frame_of_reference_uid: '1.2.9', point_lps: [Math.random() * 100, 2, 3],
      sop_instance_uid: null, frame: null, point_image: null,
    },
  }))
}

const ping = (client) => {
  if (isOpen(client) && client.dialect !== 'plain') client.socket.send(JSON.stringify({ type: 'ping', t: Date.now() }))
}

/** Leaves, waits a little, and comes back with what it knows: a window that lost its network. */
async function leaveAndReturn(client) {
  if (!isOpen(client) || client.leaving) return
  client.leaving = true
  await closeSocket(client.socket)
  await sleep(1000 + Math.random() * 4000)
  await join(client).catch((error) => client.refused.push(String(error.message)))
}

function startLanes(client) {
  const stops = []
  if (client.stage_hz) stops.push(every(client.stage_hz, () => sendStage(client)))
  if (client.op_hz) stops.push(every(client.op_hz, () => sendOp(client)))
  if (client.presence_hz) stops.push(every(client.presence_hz, () => sendPresence(client)))
  if (client.leave_hz) stops.push(every(client.leave_hz, () => void leaveAndReturn(client)))
  if (client.dialect !== 'plain') stops.push(every(0.2, () => ping(client)))
  return stops
}

/** A soak tells each stretch of time for itself, and forgets it. */
function takeStretch(at_s) {
  const stretch = { at_s, stage_ms: stage_ms.splice(0), ack_ms: ack_ms.splice(0), event_ms: event_ms.splice(0) }
  for (const { ops, sent_at } of rooms.values()) {
    for (const times of [ops, sent_at]) {
      for (const [key, at] of times) if (now() - at > 30_000) times.delete(key)
    }
  }
  console.log(JSON.stringify(stretch))
}

const standsAt = ({ seqs, joins }) => Math.max(0, seqs.at(-1) ?? 0, joins?.at(-1)?.head ?? 0)

/** Every op was answered, and in each room everybody stands at the same number. */
function isSettled() {
  const heads = new Map()
  for (const client of clients) {
    if (client.waiting.size > 0) return false
    const head = standsAt(client)
    if ((heads.get(client.room) ?? head) !== head) return false
    heads.set(client.room, head)
  }
  return true
}

async function main() {
  const width = job.joins_at_once ?? 4
  const waiting = [...clients]
  const joining = Array.from({ length: width }, async () => {
    for (let client = waiting.shift(); client; client = waiting.shift()) await join(client)
  })
  await Promise.all(joining)
  let stops = clients.flatMap(startLanes)
  await sleep((job.warm_s ?? 1) * 1000)
  measuring = true
  const started = now()
  if (job.stretch_s) {
    for (let n = 1; n * job.stretch_s <= job.seconds; n += 1) {
      await sleep(Math.max(0, started + n * job.stretch_s * 1000 - now()))
      takeStretch((now() - started) / 1000)
    }
  } else await sleep(job.seconds * 1000)
  for (const stop of stops) stop()
  stops = []
  // Who was away at the end comes back first; then everything that was said may arrive. A busy
  // machine gets the time it needs: late is not lost.
  await sleep((job.drain_s ?? 1) * 1000)
  for (let n = 0; n < PATIENCE_S * 10 && !isSettled(); n += 1) await sleep(100)
  await sleep(500)
  writeFileSync(resultFile, JSON.stringify({
    stage_ms, ack_ms, event_ms,
    clients: clients.map((client) => ({
      room: client.room, index: client.index, sent: client.sent, submitted: client.submitted ?? 0,
      acked: client.acked ?? 0, revs: client.revs, joins: client.joins ?? [], seqs: client.seqs,
      presence: client.presence, foreign: client.foreign, refused: client.refused, closed: client.closed,
      join_ms: client.join_ms,
    })),
    rooms: [...rooms].map(([room, { sent }]) => ({ room, sent })),
  }))
  process.exit(0)
}

await main()
