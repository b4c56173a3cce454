import { expect, it } from 'vitest'

import { aStudy } from '@/app/testing/examples'

import { completenessOf } from './completeness'

const at = (state: 'complete' | 'incomplete' | 'unreachable' | 'unknown', unreachable_since: string | null = null) =>
  aStudy({ at_source: { state, unreachable_since, checked_at: '2026-11-22T10:00:00Z' } })

it('adds up studies and objects', () => {
  const late = aStudy({ state: 'ingesting', progress: { done: 10, total: 30 }, at_source: { state: 'incomplete', unreachable_since: null, checked_at: null } })
  expect(completenessOf([aStudy(), late])).toMatchObject({ ready: 1, total: 2, objects_ready: 130, objects_total: 150, state: 'incomplete' })
})

it('says the worst that is true of any study', () => {
  expect(completenessOf([]).state).toBe('none')
  expect(completenessOf([at('complete')]).state).toBe('complete')
  expect(completenessOf([at('incomplete'), at('unknown')]).state).toBe('unknown')
  const away = [at('unknown'), at('unreachable', '2026-11-22T11:00:00Z'), at('unreachable', '2026-11-22T09:00:00Z')]
  expect(completenessOf(away)).toMatchObject({ state: 'unreachable', unreachable_since: '2026-11-22T09:00:00Z' })
})
