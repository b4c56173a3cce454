import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { missingDisciplines } from './quorum'

interface Example {
  why: string
  needs: string[]
  attendees: [discipline: string, counts: boolean, present: boolean][]
  missing: string[]
}

/** The same examples as the server's `apps/boards/quorum.py`. */
const EXAMPLES = JSON.parse(
  readFileSync('../tests/contracts/live_fixtures/quorum.json', 'utf8'),
) as Example[]

it.each(EXAMPLES)('LIVE-M2: $why', ({ needs, attendees, missing }) => {
  const people = attendees.map(([discipline, counts, present]) => ({
    user: { discipline },
    counts,
    present,
  }))
  expect(missingDisciplines(needs, people)).toEqual(missing)
})
