import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { CaseTemplateDetail, CaseTemplateDocument } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { TemplateForm } from './TemplateForm'

const document_: CaseTemplateDocument = {
  fields: [],
  items: [{ key: 'ct_chest', label: 'CT of the chest', need: 'required', source: 'images', modalities: ['CT'], max_age_days: 56 }],
  hanging: 'ct_current_prior',
  staging: 'TNM, lung',
  is_complex: false,
  minutes: null,
  quorum: ['radiology'],
  standards: [],
}
const template = (may_edit: boolean): CaseTemplateDetail => ({
  tumour_type: 'lung',
  version: 3,
  newest: 3,
  note: '',
  changed_by: '',
  changed_at: '2026-11-30T08:00:00Z',
  document: document_,
  shipped: document_,
  sources: ['recorded', 'images'],
  may_edit,
})

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('adds an item whose key follows its name, and saves the next version', async () => {
  const server = fakeServer({ 'PUT /api/case-templates/lung': { body: { ...template(true), version: 4 } } })
  renderScreen(<TemplateForm template={template(true)} />)
  await userEvent.click(screen.getByRole('button', { name: 'Add an item' }))
  await userEvent.type(screen.getByRole('textbox', { name: 'Name item' }), 'Spirometry')
  expect(await accessibilityFaults(document.body)).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Save as version 4' }))
  await waitFor(() => expect(server.requests.some((one) => one.method === 'PUT')).toBe(true))
  const request = server.requests.find((one) => one.method === 'PUT')
  expect(request?.headers.get('If-Match')).toBe('"3"')
  const body = (await request?.clone().json()) as { document: CaseTemplateDocument }
  expect(body.document.items.map((item) => [item.key, item.label])).toEqual([
    ['ct_chest', 'CT of the chest'],
    ['spirometry', 'Spirometry'],
  ])
})

it('says where a template is wrong', async () => {
  fakeServer({
    'PUT /api/case-templates/lung': {
      status: 400,
      body: { type: 'about:blank', title: 'x', status: 400, code: 'invalid_template', detail: 'This is not a template.', details: { problems: [{ where: 'items.0.max_age_days', what: 'must be positive' }] } },
    },
  })
  renderScreen(<TemplateForm template={template(true)} />)
  await userEvent.click(screen.getByRole('button', { name: 'Save as version 4' }))
  expect(await screen.findByText(/items\.0\.max_age_days: must be positive/)).toBeVisible()
})

it('shows it to whoever may not edit, and no way to change it', () => {
  fakeServer({})
  renderScreen(<TemplateForm template={template(false)} />)
  expect(screen.queryByRole('button', { name: /Save|Add|Remove/ })).toBeNull()
  expect(screen.getByText('Chairs and coordinators of boards edit templates.')).toBeVisible()
})
