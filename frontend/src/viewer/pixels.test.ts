import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { PixelAccess, type PixelTicket } from './pixelAccess'
import { middleOut, RequestQueue } from './requestQueue'

const answer = (status: number): Response => new Response(status === 204 ? null : 'x', { status })
const ticketFor = (life_ms: number, name = 'one'): PixelTicket => ({
  ticket: name,
  header: 'X-Consilium-Ticket',
  expires_at: new Date(Date.now() + life_ms).toISOString(),
})

describe('pixel access', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }))
  afterEach(() => void vi.useRealTimers())

  it('sends the ticket in its header, never in the address', async () => {
    const fetchFn = vi.fn(async () => answer(200))
    await new PixelAccess(async () => ticketFor(60_000), fetchFn).read('/pixels/a/metadata')
    expect(fetchFn).toHaveBeenCalledWith(
      '/pixels/a/metadata',
      expect.objectContaining({ headers: { 'X-Consilium-Ticket': 'one' } }),
    )
  })

  it('asks for one ticket however many frames are wanted at once', async () => {
    const request = vi.fn(async () => ticketFor(60_000))
    const access = new PixelAccess(request, async () => answer(200))
    await Promise.all([1, 2, 3].map((n) => access.read(`/pixels/a/${n}`)))
    expect(request).toHaveBeenCalledTimes(1)
  })

  it('renews before the end of the life without making anybody wait', async () => {
    const request = vi.fn(async () => ticketFor(60_000))
    const access = new PixelAccess(request, async () => answer(200))
    await access.read('/a')
    vi.advanceTimersByTime(50_000)
    await access.read('/b')
    await vi.waitFor(() => expect(request).toHaveBeenCalledTimes(2))
  })

  it('renews a refused ticket once, then says that access has ended', async () => {
    const request = vi.fn(async () => ticketFor(60_000))
    const access = new PixelAccess(request, async () => answer(403))
    await expect(access.read('/a')).rejects.toMatchObject({ code: 'access_ended' })
    expect(request).toHaveBeenCalledTimes(2)
  })

  it('names a network that does not answer, after trying again', async () => {
    const fetchFn = vi.fn(async () => {
      throw new TypeError('failed to fetch')
    })
    const reading = new PixelAccess(async () => ticketFor(60_000), fetchFn).read('/a')
    const expected = expect(reading).rejects.toMatchObject({ code: 'offline' })
    await vi.runAllTimersAsync()
    await expected
    expect(fetchFn).toHaveBeenCalledTimes(3)
  })

  it.each([
    [404, 'not_found'],
    [409, 'evicted'],
    [422, 'not_decodable'],
    [500, 'server'],
  ])('names the answer %i', async (status, code) => {
    const access = new PixelAccess(
      async () => ticketFor(60_000),
      async () => answer(status),
    )
    await expect(access.read('/a')).rejects.toMatchObject({ code })
  })
})

describe('request queue', () => {
  const deferred = () => {
    let resolve: () => void = () => undefined
    const promise = new Promise<void>((done) => (resolve = done))
    return { promise, resolve }
  }

  it('keeps its limit and lets the visible slice overtake the prefetch', async () => {
    const queue = new RequestQueue<void>(1)
    const order: string[] = []
    const gate = deferred()
    const work = (name: string) => async () => void order.push(name)
    const first = queue.ask('busy', 5, () => gate.promise)
    const prefetched = queue.ask('far', 12, work('far'))
    const near = queue.ask('near', 11, work('near'))
    const visible = queue.ask('visible', 0, work('visible'))
    gate.resolve()
    await Promise.all([first, prefetched, near, visible])
    expect(order).toEqual(['visible', 'near', 'far'])
  })

  it('hurries a waiting frame that becomes visible, and asks for it only once', async () => {
    const queue = new RequestQueue<string>(1)
    const gate = deferred()
    const order: string[] = []
    const run = vi.fn(async () => (order.push('a'), 'a'))
    void queue.ask('busy', 0, async () => (await gate.promise, 'busy'))
    const slow = queue.ask('a', 50, run)
    const other = queue.ask('b', 20, async () => (order.push('b'), 'b'))
    const quick = queue.ask('a', 0, run)
    gate.resolve()
    expect(await Promise.all([slow, other, quick])).toEqual(['a', 'b', 'a'])
    expect(order).toEqual(['a', 'b'])
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('shows whoever scrolls fast the newest picture first, and never lags behind', async () => {
    const queue = new RequestQueue<void>(1)
    const gate = deferred()
    const order: string[] = []
    const work = (name: string) => async () => void order.push(name)
    const all = [queue.ask('busy', 0, () => gate.promise)]
    for (const name of ['1', '2', '3', '4']) all.push(queue.ask(name, 0, work(name)))
    all.push(queue.ask('2', 0, work('2')))
    gate.resolve()
    await Promise.all(all)
    expect(order).toEqual(['2', '4', '3', '1'])
  })

  it('drops prefetch nobody needs any more, and never what is visible', async () => {
    const queue = new RequestQueue<string>(1)
    const gate = deferred()
    void queue.ask('busy', 0, async () => (await gate.promise, ''))
    const far = queue.ask('far', 20, async () => 'far')
    const visible = queue.ask('visible', 0, async () => 'visible')
    const dropped = expect(far).rejects.toMatchObject({ name: 'AbortError' })
    queue.drop(() => true, 10)
    gate.resolve()
    await dropped
    expect(await visible).toBe('visible')
  })

  it('can be asked again after a failure', async () => {
    const queue = new RequestQueue<string>(2)
    await expect(queue.ask('a', 0, () => Promise.reject(new Error('once')))).rejects.toThrow('once')
    expect(await queue.ask('a', 0, async () => 'second')).toBe('second')
  })
})

describe('middle-out', () => {
  it.each([
    [5, 2, [2, 3, 1, 4, 0]],
    [4, 0, [0, 1, 2, 3]],
    [4, 3, [3, 2, 1, 0]],
    [1, 0, [0]],
    [0, 0, []],
  ])('orders %i slices from %i outwards', (count, centre, order) => {
    expect(middleOut(count, centre)).toEqual(order)
  })
})
