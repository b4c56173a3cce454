import { Blob as NodeBlob, File as NodeFile } from 'node:buffer'

import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { fakeServer } from '@/app/testing/server'

import { fileAt, sendUpload, startsOf, type UploadFile } from './upload'

// jsdom's blobs cannot be read; Node's are the real thing.
const bytesOf = (text: string): UploadFile => ({ name: text, file: new NodeFile([text], text) as unknown as File, size: text.length, modified: 0 })
const files = ['hello', '', 'wide', 'world'].map(bytesOf)
const CONTENT = 'POST /api/imports/1/omit'
const PIECES = 'PATCH /api/imports/1/content'

let received = ''
const sent: string[] = []

/** What a server does with a piece: take it where it belongs, or name the place. */
async function take(request: Request) {
  const offset = Number(request.headers.get('Upload-Offset'))
  const piece = await request.text()
  if (offset !== received.length) return { status: 409, body: { code: 'offset_mismatch', details: { offset: received.length } } }
  if (piece) sent.push(piece)
  received += piece
  return { status: 204 }
}

const send = (offset = 0, signal = new AbortController().signal) =>
  sendUpload({ to: '/api/imports/1', files, offset, signal, onNews: (news) => news })

beforeEach(() => {
  received = ''
  sent.length = 0
  document.cookie = 'csrftoken=x'
  vi.stubGlobal('Blob', NodeBlob)
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('knows where each file begins, also one without bytes', () => {
  const starts = startsOf([5, 0, 4, 5])
  expect(starts).toEqual([0, 5, 5, 9, 14])
  expect([0, 4, 5, 8, 9, 13].map((offset) => fileAt(starts, offset))).toEqual([0, 0, 2, 2, 3, 3])
})

it('sends many files in one piece', async () => {
  fakeServer({ [PIECES]: take })
  await send()
  expect(received).toBe('hellowideworld')
  expect(sent).toHaveLength(1)
})

it('goes on from what has arrived and sends none of it again', async () => {
  fakeServer({ [PIECES]: take })
  received = 'hellowi'
  await send(7)
  expect(sent).toEqual(['deworld'])
})

it('asks where to go on after a broken connection, without sending bytes', async () => {
  let broken = true
  const { requests } = fakeServer({
    [PIECES]: async (request) => {
      const told = await take(request)
      if (broken) {
        broken = false
        throw new TypeError('network') // it arrived, but the answer was lost
      }
      return told
    },
  })
  const news: boolean[] = []
  await sendUpload({ to: '/api/imports/1', files, offset: 0, signal: new AbortController().signal, onNews: ({ isWaiting }) => news.push(isWaiting) })
  expect(received).toBe('hellowideworld')
  expect(sent).toEqual(['hellowideworld'])
  expect(requests).toHaveLength(2)
  expect(news).toEqual([true])
})

it('leaves a file out that the computer cannot read, and says which', async () => {
  const omitted: unknown[] = []
  fakeServer({
    [PIECES]: take,
    [CONTENT]: async (request) => {
      omitted.push(await request.json())
      received += 'wide'
      return { status: 204 }
    },
  })
  const original = NodeBlob.prototype.arrayBuffer
  vi.spyOn(NodeBlob.prototype, 'arrayBuffer').mockImplementation(async function (this: NodeBlob) {
    const buffer = await original.call(this)
    if (new TextDecoder().decode(buffer).includes('wide')) throw new DOMException('gone', 'NotReadableError')
    return buffer
  })
  await send()
  expect(omitted).toEqual([{ position: 2 }])
  expect(sent).toEqual(['hello', 'world'])
})

it('stops when it is told to, and when the server refuses', async () => {
  const { requests } = fakeServer({ [PIECES]: { status: 403, body: { code: 'forbidden' } } })
  await expect(send()).rejects.toMatchObject({ code: 'forbidden' })
  const aborted = new AbortController()
  aborted.abort()
  await expect(send(0, aborted.signal)).rejects.toThrow()
  expect(requests).toHaveLength(1)
})
