import { expect, it } from 'vitest'

import type { ImportBatch } from '@/api/types'

import { matchFiles, toUploadFiles } from './uploadFiles'

const announced = (name: string, size: number, modified = 1) => ({ name, size_bytes: size, modified_ms: modified, verdict: 'pending', code: '', reason: '', position: 0, mismatch_key: '' })
const batch = (received: number, ...files: ReturnType<typeof announced>[]) => ({ id: '1', state: 'receiving', received_bytes: received, total_bytes: 9, files }) as unknown as ImportBatch
const local = (name: string, text: string, modified = 1) => new File([text], name, { lastModified: modified })

it('puts chosen files into the order of the upload', async () => {
  const { files, missing } = matchFiles(batch(0, announced('a', 2), announced('b', 3)), await toUploadFiles([local('b', 'bbb'), local('a', 'aa')]))
  expect(missing).toEqual([])
  expect(files.map(({ file }) => file.name)).toEqual(['a', 'b'])
})

it('does not need what has arrived, but keeps its length', async () => {
  const { files, missing } = matchFiles(batch(2, announced('a', 2), announced('b', 3)), await toUploadFiles([local('b', 'bbb')]))
  expect(missing).toEqual([])
  expect(files.map(({ size }) => size)).toEqual([2, 3])
})

it('takes a file that changed since for another one', async () => {
  const { missing } = matchFiles(batch(1, announced('a', 2), announced('b', 3)), await toUploadFiles([local('a', 'aa', 99), local('b', 'bb')]))
  expect(missing.map((file) => file.name)).toEqual(['a', 'b'])
})
