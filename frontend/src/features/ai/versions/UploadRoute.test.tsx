import { Blob as NodeBlob } from 'node:buffer'

import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Route, Routes } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aVersionDetail } from '@/app/testing/models'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'
import words from '@/locales/en/models.json'

import UploadRoute from './UploadRoute'

const UPLOAD = '/api/models/uploads/u1'
/** Read as a browser reads it: jsdom's blobs cannot be. */
const archive = () => {
  const bytes = new Uint8Array(1_200_000)
  const file = new File([bytes], 'spleen.zip', { type: 'application/zip' })
  return Object.defineProperty(file, 'slice', { value: (from: number, to: number) => new Blob([bytes.slice(from, to)]) })
}

function open(install: { status?: number; body?: unknown }, roles = ['ai_admin']) {
  const server = fakeServer({
    'GET /api/me': { body: { id: 'u', display_name: 'Ada Admin', discipline: 'administration', system_roles: roles } },
    'POST /api/models/uploads': { status: 201, body: { id: 'u1', most_bytes: 4_294_967_296 } },
    [`PATCH ${UPLOAD}/content`]: { status: 204 },
    [`POST ${UPLOAD}/install`]: install,
    [`DELETE ${UPLOAD}`]: { status: 204 },
  })
  const ui = (
    <Routes>
      <Route path="/models/upload" element={<UploadRoute />} />
      <Route path="/models/versions/:versionId" element={<p>The version</p>} />
    </Routes>
  )
  return { server, ...renderScreen(ui, { path: '/models/upload' }) }
}

const choose = async (container: HTMLElement, file: File) => {
  await screen.findByRole('button', { name: 'Upload' })
  const [input] = container.querySelectorAll<HTMLInputElement>('input[type="file"]')
  await userEvent.upload(input as HTMLInputElement, file)
  await userEvent.click(screen.getByRole('button', { name: 'Upload' }))
}

beforeEach(() => {
  document.cookie = 'csrftoken=t'
  vi.stubGlobal('Blob', NodeBlob)
})
afterEach(() => vi.unstubAllGlobals())

it('sends the archive in pieces and opens what became of it', async () => {
  const { server, container } = open({ status: 201, body: aVersionDetail({ state: 'registered' }) })
  await choose(container, archive())
  expect(await screen.findByText('The version')).toBeVisible()
  const offsets = server.requests.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers.get('Upload-Offset'))
  expect(offsets.length).toBeGreaterThan(1)
  expect(offsets[0]).toBe('0')
  expect(server.requests.some(({ method }) => method === 'DELETE')).toBe(false)
})

it('is a form that everybody can use', async () => {
  const { container } = open({ body: null })
  await screen.findByRole('button', { name: 'Upload' })
  expect(await accessibilityFaults(container)).toEqual([])
})

it('says what is wrong with a bundle, in words and by code', async () => {
  const refusal = { status: 400, body: { code: 'pickle_imports', title: 'Bad request', detail: 'models/model.pt would import os.system' } }
  const { container } = open(refusal)
  await choose(container, archive())
  const notice = await screen.findByRole('alert')
  expect(notice).toHaveTextContent('This bundle is not let in')
  expect(notice).toHaveTextContent('A file of weights would import code when it is read.')
  expect(notice).toHaveTextContent('models/model.pt would import os.system')
  expect(notice).toHaveTextContent('pickle_imports')
  expect(screen.getByRole('button', { name: 'Upload' })).toBeEnabled()
})

it('is for AI administration', async () => {
  open({ body: null }, [])
  expect(await screen.findByText('Models are added by AI administration')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Upload' })).toBeNull()
})

/** Of docs/ai.md: every refusal at the door has words of its own. */
const CODES = [
  'not_a_zip damaged encrypted compression_method compression_ratio overlapping_entries too_large too_many_files',
  'unsafe_path unsafe_name link special_file duplicate_name case_collision nested_too_deep',
  'document_missing document_unreadable document_too_large document_no_mapping duplicate_key number_out_of_range yaml_tag yaml_alias_bomb outside_reference side_car unsafe_text',
  'weights_not_listed file_changed file_missing pickle_imports pickle_file weights_unreadable weights_missing weights_format torchscript changed_meanwhile',
].flatMap((line) => line.split(' '))

it.each(CODES)('has words for %s', (code) => {
  expect(words.refusal).toHaveProperty(code)
})
