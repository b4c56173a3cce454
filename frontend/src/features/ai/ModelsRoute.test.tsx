import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ModelEntry, ModelVersion } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aVersion } from '@/app/testing/models'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import ModelsRoute from './ModelsRoute'
import { aCard } from './versions/cardExample'

const aModel = (versions: ModelVersion[]): ModelEntry => ({
  id: 'model-1',
  slug: 'nodule',
  name: 'Nodule',
  kind: 'bundle',
  version: '1.0.0',
  version_id: 'version-1',
  sha256: '',
  state: 'active',
  card: {},
  scope: {},
  versions,
})

function open(versions: ModelVersion[], roles: string[] = []) {
  const server = fakeServer({
    'GET /api/models': { body: { results: [aModel(versions)] } },
    'GET /api/jobs': { body: [] },
    'GET /api/cases': { body: [] },
    'GET /api/me': { body: { id: 'u', display_name: 'Dr Demir', discipline: 'radiology', system_roles: roles } },
    'GET /api/models/versions/version-1/card': { body: aCard() },
  })
  return { server, ...renderScreen(<ModelsRoute />) }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('shows every version that is in use or may be, with what is waited for', async () => {
  const { container } = open([
    aVersion({ not_validated_because: 'Phantoms only.' }),
    aVersion({ id: 'version-2', version: '2.0.0', state: 'registered', can: ['approve'] }),
    aVersion({ id: 'version-3', version: '3.0.0', state: 'shadow' }),
    aVersion({ id: 'version-0', version: '0.9', state: 'retired' }),
  ])
  const shown = within(await screen.findByRole('list', { name: 'Versions of Nodule' })).getAllByRole('listitem')
  expect(shown.map((one) => one.textContent)).toEqual([
    'Version 1.0.0In useOpenNot validated here: Phantoms only.',
    'Version 2.0.0RegisteredOpenWaits for your word',
    'Version 3.0.0In shadowOpen',
  ])
  expect(screen.getByRole('link', { name: 'Open version 2.0.0 of Nodule' })).toHaveAttribute('href', '/models/versions/version-2')
  expect(screen.queryByRole('button', { name: /Approve|Suspend|into use/ })).toBeNull()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('offers AI administration to add a model, and nobody else', async () => {
  const { unmount } = open([aVersion()])
  await screen.findByRole('list', { name: 'Versions of Nodule' })
  expect(screen.queryByRole('link', { name: 'Add a model' })).toBeNull()
  unmount()
  open([aVersion()], ['ai_admin'])
  expect(await screen.findByRole('link', { name: 'Add a model' })).toHaveAttribute('href', '/models/upload')
})

it('opens the card of the version in use', async () => {
  open([aVersion()])
  await userEvent.click(await screen.findByRole('button', { name: 'Model card of Nodule' }))
  const dialog = await screen.findByRole('dialog', { name: 'Nodule 1.0.0' })
  expect(await within(dialog).findByText('No regulatory clearance.')).toBeVisible()
  expect(within(dialog).getAllByText('Not stated by the developer').length).toBeGreaterThan(1)
})
