import { expect, it } from 'vitest'

import { emptyResult, REASONS, resultBody, resultGaps } from './result'

it('asks for a result first, then for a reason, then for the words it needs', () => {
  expect(resultGaps(emptyResult())).toEqual(['choice'])
  expect(resultGaps({ choice: 'partial', reason: null, text: 'why' })).toEqual(['reason'])
  expect(resultGaps({ choice: 'not', reason: 'other', text: '  ' })).toEqual(['text'])
  expect(resultGaps({ choice: 'not', reason: 'patient-wish', text: '' })).toEqual([])
  expect(resultGaps({ choice: 'full', reason: null, text: '' })).toEqual([])
})

it('sends a reason only where there is one to give', () => {
  expect(resultBody({ choice: 'full', reason: 'toxicity', text: ' fine ' })).toEqual({ implementation: 'full', text: 'fine' })
  expect(resultBody({ choice: 'partial', reason: 'toxicity', text: '' }, 'r1')).toEqual({ implementation: 'partial', reason_code: 'toxicity', text: '', corrects: 'r1' })
  expect(resultBody({ choice: 'ongoing', reason: 'toxicity', text: '' })).toEqual({ follow_up_status: 'ongoing', text: '' })
})

it('knows every reason once', () => expect(new Set(REASONS).size).toBe(23))
