import { describe, expect, it } from 'vitest'

import { emptySnapshot as snapshot } from '@/protocol/testing'

import { catchUpFacts, LATE_AFTER_MS } from './catchUp'

const SINCE = '2026-11-29T12:00:00Z'
const SO_FAR = { since: SINCE, views_shown: 4 }
const LATE = Date.parse(SINCE) + LATE_AFTER_MS

const said = (author: string, text: string) => ({
  id: text,
  author: { id: author, display_name: `Dr. ${author}`, discipline: 'surgery' },
  text,
  at: SINCE,
})

describe('LIVE-M9: the catch-up of a late-comer', () => {
  it('is for those who are late', () => {
    expect(catchUpFacts(SO_FAR, snapshot(), LATE - 1)).toBeNull()
    expect(catchUpFacts(null, snapshot(), LATE)).toBeNull()
    expect(catchUpFacts(SO_FAR, null, LATE)).toBeNull()
  })

  it('counts what was shown, measured, reviewed and decided', () => {
    const facts = catchUpFacts(
      SO_FAR,
      {
        ...snapshot(),
        findings: [
          { id: 'a', version: 2, state: 'accepted' },
          { id: 'b', version: 1, state: 'unreviewed' },
        ],
        decisions: [{ id: 'd', version: 1, status: 'draft' }],
      } as ReturnType<typeof snapshot>,
      LATE,
    )
    expect(facts).toMatchObject({ views: 4, findingsReviewed: 1, findingsOpen: 1, decision: 'draft' })
  })

  it('keeps the last words of each, the newest first', () => {
    const chat = [said('a', 'one'), said('b', 'two'), said('a', 'three')]
    const facts = catchUpFacts(SO_FAR, { ...snapshot(), chat }, LATE)
    expect(facts?.lastWords.map((one) => one.text)).toEqual(['three', 'two'])
  })
})
