import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import type { Job, JobState } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding, aJob } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { latestRuns } from './AiOutcomes'
import { FindingsPanel } from './FindingsPanel'

const ENDINGS: JobState[] = ['queued', 'running', 'no_findings', 'out_of_scope', 'failed', 'cancelled']

const wordsOf = (jobs: Job[] | null) => {
  const { container, unmount } = renderScreen(<FindingsPanel findings={[]} jobs={jobs} review={null} />)
  const words = container.textContent
  unmount()
  return words
}

it('says of an empty list why it is empty, in other words for each reason', () => {
  const words = [wordsOf(null), wordsOf([]), ...ENDINGS.map((state) => wordsOf([aJob({ state })]))]
  expect(new Set(words).size).toBe(words.length)
  expect(words.every((said) => said.length > 10)).toBe(true)
  expect(words[1]).toContain('AI has not read these images')
})

it('never says "no findings" of images that no model has finished', () => {
  const unfinished: JobState[] = ['queued', 'running', 'out_of_scope', 'failed', 'cancelled']
  for (const said of [wordsOf(null), wordsOf([]), ...unfinished.map((state) => wordsOf([aJob({ state })]))]) {
    expect(said).not.toMatch(/no finding/i)
  }
})

it('tells a failure beside the findings of another model', async () => {
  const jobs = [
    aJob({ id: 'a', state: 'findings', series_instance_uid: '1' }),
    aJob({ id: 'b', state: 'failed', series_instance_uid: '2', reason: { code: 'oom', message: 'The model needed too much memory.' } }),
  ]
  const { container } = renderScreen(<FindingsPanel findings={[aFinding()]} jobs={jobs} review={null} />)
  expect(screen.getByText('The model needed too much memory.')).toBeVisible()
  expect(screen.getByRole('list', { name: /What AI did/ }).children).toHaveLength(1)
  expect(await accessibilityFaults(container)).toEqual([])
})

it('says nothing while the runs are still asked for', () => {
  const { container } = renderScreen(<FindingsPanel findings={[]} jobs={undefined} review={null} />)
  expect(container.querySelector('[data-state]')).toBeNull()
})

it('lets a newer run speak for an older one of the same model and series', () => {
  const older = aJob({ id: 'old', state: 'failed', created_at: '2026-11-22T09:00:00Z' })
  const newer = aJob({ id: 'new', state: 'no_findings', created_at: '2026-11-22T10:00:00Z' })
  const other = aJob({ id: 'other', state: 'failed', series_instance_uid: '9.9' })
  expect(latestRuns([older, newer, other]).map((job) => job.id).sort()).toEqual(['new', 'other'])
})
