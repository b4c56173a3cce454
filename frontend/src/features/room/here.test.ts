import { expect, it } from 'vitest'

import { peopleHere } from './here'

const user = (id: string) => ({ id, display_name: id, discipline: 'surgery' })

it('LIVE-M10: everybody who is here is listed once, and a screen is nobody', () => {
  const online = [
    { user: user('chair'), place: false },
    { user: user('wall'), place: true },
  ]
  const attendance = [
    { user: user('chair'), present: true, how: 'joined' },
    { user: user('in the room'), present: true, how: 'checked_in' },
    { user: user('window closed'), present: true, how: 'joined' },
    { user: user('left'), present: false, how: 'ticked' },
  ]
  expect(peopleHere(online, attendance).map((one) => one.id)).toEqual(['chair', 'in the room'])
})
