import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'

import { fakeServer } from '@/app/testing/server'
import { CASE, lesion, measurement } from '@/protocol/testing'

import { useRestMeasurements } from '../useRestMeasurements'
import { useRestLesions } from './useRestLesions'

const T2 = lesion('t2', { number: 2, version: 3 })
const page = (results: unknown[]) => ({ body: { results, next: null, previous: null } })
const ITEM = { ...measurement('m', 4, 20), lesion: 't1' }

function wrapper({ children }: { children: ReactNode }) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>
}

const bodies = (requests: Request[], method: string) =>
  Promise.all(
    requests
      .filter((one) => one.method === method)
      .map(async (one) => [one.headers.get('If-Match'), (await one.clone().json()) as unknown]),
  )

it('assigns by the version that was seen, and undo is the lesion before', async () => {
  let now = ITEM
  const { requests } = fakeServer({
    [`GET /api/measurements`]: page([ITEM]),
    'PUT /api/measurements/m/lesion': async (request) => {
      const { lesion: to } = (await request.clone().json()) as { lesion: string }
      now = { ...now, version: now.version + 1, lesion: to }
      return { body: now }
    },
  })
  const onProblem = vi.fn()
  const { result } = renderHook(() => useRestMeasurements(CASE, true, onProblem), { wrapper })
  await waitFor(() => expect(result.current.items).toHaveLength(1))
  act(() => result.current.write?.assign('m', 't1'))
  act(() => result.current.write?.assign('m', 't2'))
  await waitFor(() => expect(result.current.items[0]?.lesion).toBe('t2'))
  act(() => result.current.write?.undo())
  await waitFor(() => expect(result.current.items[0]?.lesion).toBe('t1'))
  expect(await bodies(requests, 'PUT')).toEqual([
    ['"4"', { lesion: 't2' }],
    ['"5"', { lesion: 't1' }],
  ])
  expect(onProblem).not.toHaveBeenCalled()
})

it('names lesions in the order of their numbers, and tells what was refused', async () => {
  const T1 = lesion('t1')
  const { requests } = fakeServer({
    'GET /api/lesions': page([T2]),
    'POST /api/lesions': { status: 201, body: T1 },
    'DELETE /api/lesions/t2': {
      status: 409,
      body: { title: 'Conflict', status: 409, code: 'lesion_has_measurements', detail: 'It has.' },
    },
  })
  const onProblem = vi.fn()
  const { result } = renderHook(() => useRestLesions(CASE, true, onProblem), { wrapper })
  await waitFor(() => expect(result.current.items).toHaveLength(1))
  const saying = { label: '', site: 'liver', role: 'target', is_node: false } as const
  await act(async () => expect(await result.current.write?.create('t1', saying)).toBe(true))
  await waitFor(() => expect(result.current.items.map(({ id }) => id)).toEqual(['t1', 't2']))
  expect(await bodies(requests, 'POST')).toEqual([[null, { case: CASE, id: 't1', ...saying }]])
  act(() => result.current.write?.remove('t2'))
  await waitFor(() => expect(onProblem).toHaveBeenCalledOnce())
  expect(requests.find(({ method }) => method === 'DELETE')?.headers.get('If-Match')).toBe('"3"')
  // What stands is read again.
  await waitFor(() => expect(result.current.items.map(({ id }) => id)).toEqual(['t2']))
})

it('gives no pen to whoever may only look', async () => {
  fakeServer({ 'GET /api/lesions': page([T2]) })
  const { result } = renderHook(() => useRestLesions(CASE, false, vi.fn()), { wrapper })
  await waitFor(() => expect(result.current.items).toHaveLength(1))
  expect(result.current.write).toBeNull()
})
