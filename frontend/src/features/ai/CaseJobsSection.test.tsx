import { screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'

import type { Study } from '@/api/types'
import { aCaseDetail, aJob, aStudy } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { CaseJobsSection } from './CaseJobsSection'

afterEach(() => vi.unstubAllGlobals())

it('tells runs of one model apart by what they read', async () => {
  const series = [
    { series_instance_uid: '1.1', modality: 'CT', description: 'Portal venous' },
    { series_instance_uid: '1.2', modality: 'CT', description: '' },
  ] as unknown as Study['series']
  const study_instance_uid = aStudy().study_instance_uid
  const jobs = ['1.1', '1.2', '9.9'].map((series_instance_uid) =>
    aJob({ id: series_instance_uid, state: 'failed', study_instance_uid, series_instance_uid, reason: { code: 'timeout', message: 'Took too long.' } }),
  )
  fakeServer({
    'GET /api/jobs': { body: { next: null, previous: null, results: jobs } },
    'GET /api/cases/case-1/studies': { body: { next: null, previous: null, results: [aStudy({ series })] } },
  })
  const { container } = renderScreen(<CaseJobsSection entry={aCaseDetail()} />)
  expect(await screen.findByText(/CT · Portal venous/)).toBeVisible()
  const text = (id: string) => container.querySelector(`[data-job="${id}"]`)?.textContent ?? ''
  expect(text('1.1')).toMatch(/CT · Portal venousTook too long\.$/)
  expect(text('1.2')).toMatch(/CTTook too long\.$/)
  expect(text('9.9')).toMatch(/FailedTook too long\.$/) // of a study that is not listed
})
