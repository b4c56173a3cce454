import type { ModelVersion, VersionDetail } from '@/api/types'

/** A version of a bundle, in use, that the viewer may do nothing with. */
export const aVersion = (part: Partial<ModelVersion> = {}): ModelVersion => ({
  id: 'version-1',
  version: '1.0.0',
  tree_sha256: 'ab'.repeat(32),
  state: 'active',
  card: {},
  scope: {},
  approvals: [],
  proposal: null,
  last_change: null,
  validation: null,
  needs_reason: true,
  not_validated_because: '',
  returns_to: '',
  can: [],
  created_at: '2026-11-01T10:00:00Z',
  ...part,
})

export const aVersionDetail = (part: Partial<VersionDetail> = {}): VersionDetail => ({
  ...aVersion(),
  model: { id: 'model-1', slug: 'nodule', name: 'Nodule', kind: 'bundle' },
  changes: [],
  validations: [],
  beside: [],
  ...part,
})
