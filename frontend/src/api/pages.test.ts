import { afterEach, expect, it, vi } from 'vitest'

import { fakeServer } from '@/app/testing/server'

import { getAll, samePath } from './pages'

afterEach(() => vi.unstubAllGlobals())

it('follows every page and keeps the order', async () => {
  const server = fakeServer({
    'GET /api/findings?case=7': { body: { next: 'http://elsewhere.test/api/findings?cursor=b&case=7', previous: null, results: [1, 2] } },
    'GET /api/findings?cursor=b&case=7': { body: { next: null, previous: null, results: [3] } },
  })
  await expect(getAll('/api/findings', { query: { case: '7' } })).resolves.toEqual([1, 2, 3])
  expect(server.requests).toHaveLength(2)
})

it('never follows a link to another host', () => {
  expect(samePath('https://evil.test/api/cases?cursor=x')).toBe('/api/cases?cursor=x')
})
