import { QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { caseOf, studiesOf } from '@/api/cases'
import { hangingsOf } from '@/api/hangings'
import type { CaseDetail, Study } from '@/api/types'
import { PRIORITY_VISIBLE } from '@/viewer/requestQueue'

import { primeCase, PRIMED_SHELF } from './warming'

const CASE = 'c1'
const SERIES = {
  series_instance_uid: '1.2.3',
  modality: 'CT',
  description: '',
  body_part: '',
  archive_key: 'a',
  base_url: '/pixels/k',
  frame_count: 3,
  instance_count: 3,
  is_evicted: false,
  disclosure: 'open',
  warnings: [],
}
const STUDY = {
  study_instance_uid: '1.2',
  study_date: '2026-03-03',
  description: '',
  state: 'ready',
  series: [SERIES],
} as unknown as Study
const PATIENT_CASE = { guise: 'identified', tumour_type: 'other' } as CaseDetail

/** The server of one case whose series is refused: what was asked for is what counts. */
function serve(): { asked: string[]; client: QueryClient } {
  const asked: string[] = []
  const ticket = {
    ticket: 't',
    header: 'X-Ticket',
    expires_at: new Date(Date.now() + 60_000).toISOString(),
    series: [{ series_instance_uid: '1.2.3', base_url: '/pixels/k' }],
  }
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url)
    const isTicket = url.endsWith('/ticket')
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify(isTicket ? ticket : { csrf: 'x' })
    return Promise.resolve(new Response(body, { status: url.startsWith('/pixels') ? 404 : 200, headers }))
  })
  vi.stubGlobal('Worker', class { postMessage = vi.fn() })
  document.cookie = 'csrftoken=x'
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } })
  client.setQueryData(studiesOf(CASE).queryKey, [STUDY])
  client.setQueryData(caseOf(CASE).queryKey, PATIENT_CASE)
  client.setQueryData(hangingsOf().queryKey, [])
  return { asked, client }
}

const prime = (client: QueryClient) =>
  primeCase(client, CASE, { priority: PRIORITY_VISIBLE, series_instance_uid: '1.2.3' })

describe('priming of a case', () => {
  afterEach(() => {
    PRIMED_SHELF.of('nobody')
    vi.unstubAllGlobals()
  })

  it('asks for ticket and metadata of the series that is wanted, before any screen does', async () => {
    const { asked, client } = serve()
    await expect(prime(client)).rejects.toThrow('not there')
    const pixels = asked.filter((url) => url.startsWith('/pixels'))
    expect(pixels).toEqual(['/pixels/k/metadata', '/pixels/k/stacks'])
    const screen = PRIMED_SHELF.of(CASE)
    await expect(screen.library.open('1.2.3')).rejects.toThrow()
    expect(asked.filter((url) => url.endsWith('/ticket'))).toHaveLength(1)
  })

  it('serves one visit, and no other case', async () => {
    const { client } = serve()
    await prime(client).catch(() => undefined)
    const other = PRIMED_SHELF.of('c2')
    expect(other.library.has('1.2.3')).toBe(false)
    expect(PRIMED_SHELF.of(CASE).library.has('1.2.3')).toBe(false)
    await prime(client).catch(() => undefined)
    const first = PRIMED_SHELF.of(CASE)
    expect(first.library.has('1.2.3')).toBe(true)
    expect(PRIMED_SHELF.of(CASE)).not.toBe(first)
  })
})
