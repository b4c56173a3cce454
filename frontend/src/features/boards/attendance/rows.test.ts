import { expect, it } from 'vitest'

import { attendanceRows } from './rows'

const person = (id: string) => ({ id, display_name: id, discipline: 'surgery' })
const here = (id: string, present = true) => ({
  user: person(id),
  counts: true,
  present,
  how: 'ticked' as const,
  arrived_at: '2026-11-29T12:00:00Z',
  left_at: null,
})

it('LIVE-M1: everybody with a seat is listed in order, then others who came, nobody twice', () => {
  const rows = attendanceRows([person('chair'), person('surgeon')], [here('guest'), here('surgeon', false)])
  expect(rows.map((row) => [row.user.id, row.present, row.how])).toEqual([
    ['chair', false, null],
    ['surgeon', false, 'ticked'],
    ['guest', true, 'ticked'],
  ])
})
