import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { Series } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aStudy } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { SeriesStrip } from './SeriesStrip'

const CLEARANCE = '/api/cases/case-1/studies/1.2.3/series/1.2.3.4/clearance'

const ultrasound = (part: Partial<Series> = {}): Series => ({
  id: 'series-1',
  series_instance_uid: '1.2.3.4',
  number: 1,
  modality: 'US',
  description: 'liver',
  laterality: '',
  body_part: '',
  instance_count: 1,
  frame_count: 2,
  frame_of_reference_uid: '',
  archive_key: 'a1',
  base_url: '/pixels/a1',
  thumbnail_url: null,
  kind: 'image',
  is_volume: false,
  stack_count: 1,
  stacks: [],
  is_evicted: false,
  disclosure: 'withheld',
  is_clearable: true,
  fetched_from: [],
  warnings: [],
  ...part,
})

function open(series: Series, mayClear = true) {
  const server = fakeServer({
    'GET /dicomweb/cases/case-1/studies/1.2.3/series/1.2.3.4/instances': {
      body: [{ '00080018': { Value: ['1.2.3.4.5'] }, '00280008': { Value: [2] } }],
    },
    [`POST ${CLEARANCE}`]: { status: 201, body: {} },
    [`GET ${CLEARANCE}`]: {
      body: { id: 'c', cleared_by: 'Dr Lang', cleared_at: '2026-11-03T10:00:00Z', statement: 'No text at all.' },
    },
    [`DELETE ${CLEARANCE}`]: { status: 204 },
  })
  const study = aStudy({ series: [series] })
  return { server, ...renderScreen(<SeriesStrip caseId="case-1" study={study} mayClear={mayClear} />) }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('clears pictures only for who has seen them all and says what', async () => {
  const person = userEvent.setup()
  const { server } = open(ultrasound())
  await person.click(screen.getByRole('button', { name: 'Closed to guests' }))
  expect(await screen.findAllByRole('img', { name: /Picture \d of 2/ })).toHaveLength(2)
  const clear = screen.getByRole('button', { name: 'Clear for de-identified viewers' })
  expect(clear).toBeDisabled()
  await person.type(screen.getByRole('textbox', { name: /What did you see/ }), 'No text but measurements.')
  expect(clear).toBeDisabled()
  await person.click(screen.getByRole('checkbox', { name: /all 2 pictures/ }))
  expect(await accessibilityFaults(document.body)).toEqual([])
  await person.click(clear)
  const sent = server.requests.find((request) => request.method === 'POST')
  expect(await sent?.json()).toEqual({ archive_key: 'a1', statement: 'No text but measurements.' })
})

it('says who cleared them, and takes it back', async () => {
  const person = userEvent.setup()
  const { server } = open(ultrasound({ disclosure: 'cleared' }))
  await person.click(screen.getByRole('button', { name: 'Cleared for guests' }))
  expect(await screen.findByText(/Cleared by Dr Lang/)).toBeInTheDocument()
  await person.click(screen.getByRole('button', { name: 'Withhold again' }))
  expect(server.requests.some((request) => request.method === 'DELETE')).toBe(true)
})

it('tells a de-identified viewer that a series is withheld', () => {
  open(ultrasound({ base_url: '', archive_key: '', is_clearable: false }), false)
  expect(screen.getByText(/Withheld/)).toBeInTheDocument()
  expect(screen.queryByRole('link')).toBeNull()
  expect(screen.queryByRole('button')).toBeNull()
})
